"""What the styles `clauses` and `papers` look for: for each heading, words that state it and questions that ask."""

from __future__ import annotations

import re
from dataclasses import dataclass

from docqa.app.summary.sentences.readable import any_of


@dataclass(frozen=True)
class Topic:
    """One heading of a style.

    `sections` matches headings of the document that treat it, `foreign` those that treat something else, `cues` words
    of a sentence that states it; `questions` are put to the model. At most `count` sentences, and none without a cue
    in it or in one of the `following` before it. `opening` is how much a place near the beginning speaks for one. A
    `leftover` chooses from what the other topics leave: its cues are everywhere.
    """

    heading: str
    sections: re.Pattern[str]
    cues: re.Pattern[str]
    questions: tuple[str, ...]
    count: int = 2
    opening: float = 0.0
    following: int = 0
    foreign: re.Pattern[str] | None = None
    leftover: bool = False


_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = rf"(?:{_DAY}(?: day)?(?: of)? {_MONTH},? \d{{4}}|{_MONTH} {_DAY},? \d{{4}})"
_DEFINED = r"""\((?:[^()]{0,60})?[“"](?:the )?[\w’' -]{2,40}[”"]\)"""
_STUDY = "(?:paper|study|article|work|review|report)"

CLAUSES = (
    Topic(
        "Parties",
        sections=any_of(r"\bparties\b|\bpreamble\b"),
        cues=any_of(
            r"""
            \bby and (?:between|among)\b
            \b(?:agreement|contract|lease|deed|licen[cs]e|memorandum)\b.{0,200}\b(?:between|among)\b
            DEFINED.{0,400}DEFINED
            """,
            DEFINED=_DEFINED,
        ),
        questions=("Who are the parties to this agreement?", "Between whom is this agreement made?"),
        count=1,
        opening=1.5,
    ),
    Topic(
        "Dates and term",
        sections=any_of(r"\b(?:term|commencement|duration|effective date|renewal|period|dates?)\b"),
        cues=any_of(
            r"""
            \b(?:effective|commenc\w+|dated?|takes? effect|into force|begin\w*|expir\w+|ends?|until)\b.{0,80}DATE
            DATE.{0,60}[“"](?:effective|commencement|start|expiration|closing|execution) date[”"]
            \b(?:initial|renewal|original) (?:term|period)\b|\bshall (?:commence|expire)\b|\btakes? effect\b
            \b(?:term|contract period)[”"]? (?:of this agreement )?(?:shall mean|means|shall be|begins|commences)\b
            \bterm of (?:this|the) (?:agreement|contract|lease|licen[cs]e) (?:is|shall|will|begins?|commences?|ends?)\b
            \b(?:shall|will) (?:continue|remain) in (?:full )?(?:force|effect)\b|\bautomatically renew
            \brenew(?:s|ed|al)? (?:automatically|for)\b
            """,
            DATE=_DATE,
        ),
        questions=("On which date does this agreement take effect?", "When does the term of this agreement end?"),
        count=3,
        opening=0.3,
        foreign=any_of(r"\b(?:severab\w+|waiver|general|confidential\w*|insurance|delivery|supply|schedule|exhibit)\b"),
    ),
    Topic(
        "Obligations",
        sections=any_of(r"""
            \b(?:obligations?|duties|services|responsibilities|covenants|undertakings|supply|delivery)\b
            \b(?:payment|compensation|fees|charges|consideration)\b
            """),
        cues=any_of(r"""
            \b(?:shall|must|will)\b(?! (?:not )?(?:be )?(?:deemed|govern|constru|interpret|mean|have the meaning))
            \b(?:agrees?|undertakes?) to\b|\b(?:is|are) (?:obliged|required) to\b
            """),
        questions=("What must each party do under this agreement?", "What must be paid, and when?"),
        count=4,
        leftover=True,
        foreign=any_of(r"""
            \b(?:liabilit\w+|indemni\w+|damages|insurance|warrant\w+|terminat\w+|default|law|disputes?|general)\b
            \b(?:miscellaneous|definitions?|notices?|assignment|waiver|severability|counterparts|confidential\w*)\b
            \b(?:force majeure|events? beyond)\b
            """),
    ),
    Topic(
        "Termination",
        sections=any_of(r"\b(?:terminat\w+|default|cancellation|expiry|ending)\b"),
        cues=any_of(r"""
            \bmay (?:\w+ ){0,3}?terminate\b|\bmay (?:\w+ )?(?:end|cancel) (?:this|the)\b
            \bterminat(?:ed?|es|ion)\b.{0,100}\b(?:notice|days|breach|default|cause|convenience)\b
            \b(?:notice|days|breach|default|cause|convenience)\b.{0,100}\bterminat(?:ed?|es|ion)\b
            """),
        questions=("How can this agreement be terminated?", "What notice is needed to end this agreement?"),
        count=3,
    ),
    Topic(
        "Liability",
        sections=any_of(r"\b(?:liabilit\w+|indemni\w+|damages|insurance|warrant\w+)\b"),
        cues=any_of(r"""
            \b(?:shall|will|is|are|be)(?: not)?(?: \w+)? liable\b|\bhold harmless\b|\bindemnif(?:y|ies|ied)\b
            \bliability (?:of|for|under|to|shall|arising|is|hereunder)\b|\blimitation (?:of|on) liability\b
            \b(?:total|aggregate|maximum|cumulative|entire) (?:\w+ )?liability\b|\bconsequential\b.{0,40}\bdamages\b
            """),
        questions=("What is the limit of liability?", "Who indemnifies whom?"),
        count=3,
    ),
    Topic(
        "Governing law",
        sections=any_of(r"\b(?:governing law|applicable law|choice of law|law|jurisdiction|disputes?)\b"),
        cues=any_of(r"""
            \bgoverned by\b.{0,120}\blaws?\b|\blaws? of\b.{0,80}\b(?:govern|apply|control)
            \b(?:construed|interpreted)\b.{0,80}\blaws? of\b|\bexclusive jurisdiction\b
            \bjurisdiction of the (?:\w+ ){0,3}courts\b|\b(?:referred|submitted|settled|resolved)\b.{0,60}\barbitrat
            """),
        questions=("Which law governs this agreement?", "Where are disputes decided?"),
    ),
)

PAPERS = (
    Topic(
        "Question",
        sections=any_of(
            r"\b(?:abstract|introduction|background|objectives?|aims?|purpose|motivation|overview|problem)\b"
        ),
        cues=any_of(
            r"""
            \b(?:aim|purpose|objective|goal)s? (?:of|was|is|were|are)\b|\bhere,? we\b
            \bwe (?:\w+ )?(?:asked?|investigat\w+|examin\w+|stud(?:y|ied)|explor\w+|sought|aim\w*|hypothesi[sz]e\w*)\b
            \bwe (?:\w+ )?(?:address|consider|test|tested)\b|\bin (?:this|the present) STUDY\b
            \b(?:this|the present|our) STUDY (?:\w+ )?(?:aim|address|investigat|examin|ask|explor|consider)\w*
            \b(?:this|the present|our) STUDY (?:\w+ )?(?:concern|stud|test|present|describ|introduc|report|propos)\w*
            \b(?:remains?|is|are) (?:unknown|unclear|an open question|poorly understood)\b
            \bto (?:determine|investigate|evaluate|assess|examine|find out|test) (?:whether|if|the|how|what|which)\b
            """,
            STUDY=_STUDY,
        ),
        questions=("What question does this study ask?", "What is the aim of this paper?"),
        opening=0.8,
        foreign=any_of(r"\b(?:method\w*|results?|related|appendix|discussion|conclu\w+|future)\b"),
    ),
    Topic(
        "Method",
        sections=any_of(r"""
            \b(?:methods?|methodology|materials|procedures?|experiment\w*|data|design|model|approach|algorithm)\b
            \b(?:setup|participants|patients|study area)\b
            """),
        cues=any_of(r"""
            \bwe (?:\w+ )?(?:used?|measured?|collect\w*|recruit\w*|train\w*|appl(?:y|ied)|perform\w*|conduct\w*)\b
            \bwe (?:\w+ )?(?:analy[sz]ed?|estimat\w+|fitted|compar\w+|develop\w*|design\w*|propos\w+|interview\w*)\b
            \bwe (?:\w+ )?(?:sampl\w+|implement\w*|evaluat\w+|introduc\w+|record\w*|count\w*|construct\w*)\b
            \b(?:was|were) (?:\w+ )?(?:measured|collected|recruited|performed|conducted|analy[sz]ed|estimated)\b
            \b(?:was|were) (?:\w+ )?(?:randomi[sz]ed|included|recorded|obtained|logged|sampled|assessed|selected)\b
            \b(?:was|were) (?:\w+ )?(?:carried out|assigned|interviewed|calculated)\b
            """),
        questions=("How was the study done?", "Which method and data were used?"),
        foreign=any_of(r"\b(?:related|appendix|conclu\w+|future|discussion)\b"),
    ),
    Topic(
        "Result",
        sections=any_of(r"\b(?:abstract|results?|findings?|conclu\w+|discussion|summary|evaluation)\b"),
        cues=any_of(
            r"""
            \b(?:we|(?:our|the|these) (?:\w+ )?FOUND|results?) (?:\w+ ){0,2}?(?:SHOW)\b
            \b(?:significantly|outperform\w*|state.of.the.art|compared (?:with|to)|associated with|increased)\b
            \b(?:higher than|lower than|fewer than|more than|improv\w+|fell|rose|decreased)\b
            """,
            FOUND="(?:results?|findings?|data|analys[ie]s|experiments?|model|method|study)",
            SHOW=r"show\w*|f[io]und\w*|demonstrat\w+|indicat\w+|suggest\w*|reveal\w*|conclud\w+|confirm\w*|observ\w+|"
            r"achiev\w+|outperform\w*|impl\w+|support\w*",
        ),
        questions=("What did the study find?", "What is the main result?"),
        count=3,
        foreign=any_of(r"\b(?:related|appendix|method\w*|future|introduction|background)\b"),
    ),
    Topic(
        "Limits",
        sections=any_of(r"\b(?:limit\w*|discussion|conclu\w+|future|caveats|threats|weakness\w*|error analysis)\b"),
        cues=any_of(
            r"""
            \blimit(?:ation|ations|ed by|s of (?:the|this|our))\b|\bcaveat|\bshortcoming|\bdrawback|\bweakness
            \b(?:future|further) (?:work|research|stud(?:y|ies))\b|\bcannot (?:rule out|exclude|be generali[sz]ed)\b
            \b(?:we|study|data|results|findings|sample) (?:did|do|does|could|can|may|might) ?not (?:\w+ )?(?:DONE)\b
            \b(?:small|single|short) (?:\w+ )?(?:sample|site|season|cohort|number of)\b|\bone (?:limit|weak)|\bcaution\b
            \bonly one\b|\bremains? (?:to be|unclear|unknown|open|an open)\b
            """,
            DONE="test|measure|include|account|consider|be|generali[sz]e|apply|address|know|hold|have",
        ),
        questions=("What are the limitations of this study?", "What could this study not show?"),
        following=4,
        foreign=any_of(r"\b(?:method\w*|related|introduction|background|appendix)\b"),
    ),
)

OUTCOME = Topic(
    "Outcome",
    sections=any_of(
        r"\b(?:syllabus|opinion of the court|held|holding|conclusion|disposition|judge?ment|order|decision)\b"
    ),
    cues=any_of(
        r"""
        \bwe (?:\w+ )?(?:hold|conclude|affirm|reverse|vacate|remand|dismiss|grant|deny|reject)\b
        \b(?:the|this) court(?: today)? (?:\w+ )?(?:holds|affirms|reverses|concludes|decides|vacates)\b
        \b(?:WHAT)(?: (?:of|by|for|against|\w+ing)[^.;]{0,80}?)?,? (?:is|are) (?:THUS )?(?:DONE)\b
        ^(?:held|holding)\s*:
        \b(?:is|are) (?:hereby |therefore )?(?:AFFIRMED|REVERSED|VACATED|DISMISSED|REMANDED|DENIED|GRANTED)\b
        """,
        WHAT="judge?ments?|orders?|decisions?|convictions?|sentences?|rulings?|appeals?|petitions?|motions?|claims?",
        THUS="(?:therefore|hereby|accordingly)",
        DONE="affirmed|reversed|vacated|dismissed|remanded|denied|granted|allowed|set aside|upheld|quashed",
    ),
    questions=("What did the court decide?", "Who won, and why?"),
    count=2,
    opening=0.3,
    foreign=any_of(r"\b(?:concurring|dissenting|dissent|background|facts?|procedural|arguments?|standard of review)\b"),
)
"""What an opinion of a court comes to."""
STYLES = {"clauses": CLAUSES, "papers": PAPERS}
