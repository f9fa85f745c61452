"""Words that decide between yes and no: denials, bans, permissions, exceptions, and words that mean the opposite."""

from __future__ import annotations

import re
from functools import lru_cache

from docqa.app.evidence.terms import stems
from docqa.ingest.expressions import lazily


def cue(words: str) -> re.Pattern[str]:
    """A pattern of whole words, of any case."""
    return lazily(rf"\b(?:{words})\b", re.IGNORECASE)


CALM = cue(
    r"not (?:only|limited to|merely|just)|(?:no|not) (?:less|more|later|fewer|earlier|longer) than|without limitation|"
    r"whether or not|no matter|with or without|not exceed\w*|if not|no doubt"
)
"""Denials that deny nothing."""

NOT = cue(r"not|cannot|\w+n['’]t|never")
NONE = cue(r"nor|neither|none|no|nothing|nobody|zero")
WITHOUT = cue(r"without|absent|in the absence of|devoid of|free (?:of|from)")
HARDLY = cue(r"hardly|barely|scarcely|rarely|seldom|few|little|far from|too")
BUT_FOR = cue(r"other than|exclud\w+|exclusion\w*|exclusive of|exempt\w*|outside|beyond")
UNLESS = cue(r"unless|except\w*")
BANS = cue(
    r"prohibit\w*|forbid\w*|bars?|barred|preclud\w*|restrict\w*|bans?|banned|unlawful\w*|illegal\w*|prevent\w*|"
    r"disallow\w*|impermissible|limit\w*|avoid\w*|abstain|refrain\w*"
)
FAILS = cue(
    r"fail\w*|refus\w+|den(?:y|ied|ies|ying|ial)|declin\w+|reject\w*|lack\w*|unable|insufficient\w*|disclaim\w*|waiv\w+|"
    r"dismiss\w*|supersed\w+|vacat\w+|overrul\w+|revers\w+|abandon\w*|wrong\w*|incorrect\w*|invalid|void|ineligible|"
    r"inadequate|unavailable|difficult\w*|impossible|unlikely|contrary|oppos\w+|neglect\w*|disagree\w*|doubt\w*|"
    r"erron\w+|untimely|forfeit\w*|instead|rather than|irrespective|mistak\w+|disregard\w*|eliminat\w*|no longer|"
    r"ineffective\w*|unclear|unknown|undefined|disput\w+|against"
)
SOLELY = cue(r"only|solely|exclusively|merely|limited to|at most|just|purely|mere")
MAY = cue(
    r"may|can|could|might|entitled|right to|rights? (?:of|to)|authoriz\w+|permit\w*|allow\w*|empowered|discretion|"
    r"option|eligible|able to|free to|elect\w*"
)
LEFT_OPEN = cue(
    r"optional\w*|option|voluntar\w+|discretion\w*|need not|not (?:required|obligated|obliged|necessary|bound)|"
    r"no (?:obligation|duty|requirement)|may|encouraged|recommended|should|can"
)
MUST = cue(
    r"must|shall|required?|requires|obligat\w+|obliged|mandatory|duty|has to|have to|responsible|needs?|necessary|"
    r"agrees? to|will"
)
REGARDLESS = cue(
    r"regardless|irrespective|whether|even (?:if|though)|even|notwithstanding|despite|although|with or without|"
    r"any time|or otherwise|in any event|however"
)
IN_ADDITION = cue(r"also|and/or|includ\w+|multiple|any time|all|such as|as well as")
EITHER = cue(r"also|both|as well as|includ\w+|additional\w*|either|too|moreover|in addition|or")
CONDITION = cue(r"if|unless|until|provided|subject to|upon|when|where|prior written|consent|approval|after")
STILL = cue(r"still|remain\w*|retain\w*|unchanged|continu\w+|permanent\w*|indefinite\w*|surviv\w+")

ASKED_NOT = cue(r"not|\w+n['’]t|never|no")
ASKED_BAD = cue(
    r"forbid\w*|prohibit\w*|barr?ed|banned|lack\w*|fail\w*|refus\w+|den(?:y|ied|ies)|reject\w*|lose|lost|loses|"
    r"free (?:of|from)|exempt\w*|escape\w*|exclud\w+|illegal|unlawful|unable|ignor\w+|stop\w*|prevent\w*|cease\w*|"
    r"leave out|left out|"
    r"overturn\w*|unconstitutional|unaware|impossible|silent|skip\w*|turn(?:ed)? (?:away|down)|disput\w*|contest\w*|"
    r"waived?|too (?!(?:and|in|for|on)\b)\w+"
)
ASKED = {
    "all": cue(
        r"all|every|always|each|entire\w*|whole|every\w+|complet\w+|full\w*|throughout|total\w*|absolute\w*|perfect\w*|"
        r"definite\w*|guarante\w+|certain\w*|exact\w*|word for word"
    ),
    "only": cue(r"only|alone|solely|just|merely|by itself|exclusive\w*|sole|single|purely|one|simply"),
    "any": cue(r"any|ever|anything|anyone|anybody|anywhere"),
    "same": cue(r"same|equal\w*|alike|identical|as (?:\w+ )as|like"),
    "also": cue(
        r"also|too|as well|even|both|besides|in addition|on top|together|some\w*|sometimes|part\w*|"
        r"at least|could|possib\w+|ever"
    ),
    "without": cue(r"without|not|no|never|despite|even if|even though|other than|outside|instead|rather"),
    "more": cue(r"(?:more|less|fewer|better|worse|\w{2,}er) (?:\w+ ){0,2}?than|more|most"),
    "enough": cue(r"enough|suffic\w+|settle\w*|guarant\w+|prove\w*|mean"),
    "must": cue(
        r"must|have to|has to|had to|need\w*|required?|oblig\w+|bound|compulsory|mandatory|should|necessary|forced"
    ),
    "may": cue(r"may|can|could|allowed|permitted|free to|able|possible|let|might|entitled|option"),
    "soon": cue(
        r"(?:straight|right) away|immediate\w*|at once|automatic\w*|already|as soon as|now|instant\w*|by default"
    ),
}
OPENERS = {
    "can": "can", "could": "can", "may": "may", "might": "may", "will": "will", "would": "will", "must": "must",
    "shall": "must", "should": "must", "is": "be", "are": "be", "was": "be", "were": "be", "do": "do", "does": "do",
    "did": "did", "has": "have", "have": "have", "had": "have",
}  # fmt: skip
ASKED_BANNED = re.compile(
    r"\A(\W*(?:is|are|was|were)\b.*)\b(?:forbidden|prohibited|banned|illegal|unlawful|disallowed)\b",
    re.IGNORECASE | re.DOTALL,
)
NEGATING_PREFIX = re.compile(r"(?:un|in|im|ir|il|non|dis|mis)(?=\w{4})")

_OPPOSITES = """
increase grow rise gain higher more up expand improve greater upward climb growth exceed above positive raise push
enhance boost better outperform benefit strengthen bigger stronger | decrease decline drop fall lower less down reduce
shrink worse loss fell downward smaller reduction cut diminish below worst negative adverse deteriorate fewer offset
lose weaken minimum ;
begin start continue remain survive stay persist renew extend last live keep retain maintain count apply stand | end
lapse terminate expire cease stop discontinue finish over supersede replace abandon cancel conclude revoke void until
repeal ;
public publicly government federal state | private privately ;
same equal identical alike like similar common equivalent both agreed | different differ distinct various vary
separate unlike reverse contrary opposite contrast instead divided ;
include cover contain comprise part within encompass | exclude except outside exclusion omit exempt beyond apart
separate lack ;
allow permit authorize entitle able eligible free | forbid prohibit bar ban preclude prevent unlawful illegal disallow
unable barred ineligible ;
accept grant affirm uphold sustain approve agree valid confirm adopt succeed succeeded win success admit concede
support correct right true | deny reject reverse vacate overrule dismiss decline refuse disagree invalid repulse fail
failure unsuccessful dispute contest wrong error untimely contradict disclaim strike struck oppose incorrect false
insufficient lose lost against ;
all every entire whole always complete full each everything fully total completely entirely throughout everyone |
several few part partial partially portion sometimes occasionally half incomplete partly ;
large big major strong high significant great considerable important substantial many wide long | small minor weak low
insignificant little few slight limited negligible narrow short modest minimal slightly ;
together joint jointly combine combined shared collective | separate separately individually independent independently
;
written write writing paper | oral verbal phone telephone orally email electronic ;
know known clear understood explicit define plain | unknown unclear elusive uncertain undefined ambiguous vague ;
legal lawful proper legitimate properly | illegal unlawful improper illegitimate ;
require mandatory must oblige obligation compulsory need necessary have duty bound | optional voluntary option
voluntarily unnecessary discretionary discretion optionally waive waived ;
keep retain hold preserve | lose return destroy relinquish forfeit surrender delete discard ;
new novel recent first modern | old former previous existing original traditional ancient ;
easy simple simply straightforward easily | hard difficult complex complicated difficulty challenge ;
open accessible available disclosed | closed confidential unavailable secret inaccessible restricted absent redacted ;
often usual usually commonly frequent generally typical widespread | rare rarely seldom unusual uncommon exception
infrequent sparse ;
immediate immediately straight instantly promptly once soon | later until gradual eventually delay defer gradually
after ;
likely probable expect | unlikely improbable doubtful ;
good well effective successful useful | bad poor ineffective useless harmful poorly worthless ;
exclusive sole | nonexclusive also shared multiple ;
automatic automatically | manual manually explicitly request ;
permanent indefinite perpetual forever indefinitely | temporary temporarily interim ;
independent free autonomous | subject dependent subordinate bound depend controlled govern ;
internal inside domestic inner | external outside foreign outer ;
constant fixed stable unchanged stationary | variable change fluctuate varied changed dynamic amend adjust alter ;
direct directly | indirect indirectly ;
absolute | relative average ;
liable guilty | innocent acquitted immune ;
fast quick rapid quickly | slow slowly ;
safe secure | dangerous unsafe risk ;
majority most | minority few ;
north northern | south southern ;
east eastern | west western ;
rural village villages | urban city cities
"""


@lru_cache(maxsize=1)
def opposites() -> list[tuple[frozenset[str], frozenset[str]]]:
    """Pairs of sets of stems: each of the one means about the opposite of each of the other."""
    sides = [line.split("|") for line in _OPPOSITES.split(";")]
    return [(frozenset(stems(one.split())), frozenset(stems(other.split()))) for one, other in sides]
