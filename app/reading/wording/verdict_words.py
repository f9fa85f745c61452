"""Words that decide between yes and no: denials, bans, permissions, exceptions, and words that mean the opposite."""

from __future__ import annotations

import re
from functools import lru_cache

from docqa.app.evidence.terms import stems
from docqa.ingest.language.expressions import lazily
from docqa.ingest.language.opposites import PAIRS


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
MUST = cue(
    r"must|shall|required?|requires|obligat\w+|obliged|mandatory|duty|has to|have to|responsible|needs?|necessary|"
    r"agrees? to|will"
)
CONDITION = cue(r"if|unless|until|provided|subject to|upon|when|where|prior written|consent|approval|after")

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
    "also": cue(
        r"also|too|as well|even|both|besides|in addition|on top|together|some\w*|sometimes|part\w*|"
        r"at least|could|possib\w+|ever"
    ),
    "without": cue(r"without|not|no|never|despite|even if|even though|other than|outside|instead|rather"),
    "must": cue(
        r"must|have to|has to|had to|need\w*|required?|oblig\w+|bound|compulsory|mandatory|should|necessary|forced"
    ),
    "may": cue(r"may|can|could|allowed|permitted|free to|able|possible|let|might|entitled|option"),
}
ASKED_BANNED = re.compile(
    r"\A(\W*(?:is|are|was|were)\b.*)\b(?:forbidden|prohibited|banned|illegal|unlawful|disallowed)\b",
    re.IGNORECASE | re.DOTALL,
)
@lru_cache(maxsize=1)
def opposites() -> list[tuple[frozenset[str], frozenset[str]]]:
    """Pairs of sets of stems: each of the one means about the opposite of each of the other."""
    return [(frozenset(stems(sorted(one))), frozenset(stems(sorted(other)))) for one, other in PAIRS]
