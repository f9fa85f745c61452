"""What the styles `clauses` and `papers` look for: for each heading, words that state it and the question that asks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from docqa.app.summary.sentences.readable import any_of


@dataclass(frozen=True)
class Topic:
    """One heading of a style.

    `sections` matches headings of the document that treat it, `cues` words of a sentence that states it; the `question`
    is put to the model. At most `count` sentences, and none without a cue in it or in one of the `following` before it.
    `opening` is how much a place near the beginning speaks for one. A `leftover` chooses from what the other topics
    leave: its cues are everywhere.
    """

    heading: str
    sections: re.Pattern[str]
    cues: re.Pattern[str]
    question: str
    count: int = 2
    opening: float = 0.0
    following: int = 0
    leftover: bool = False


AIM = any_of(r"""
    \bin this (?:paper|study|article|work)\b|\b(?:aim|purpose|objective|goal)s? (?:of|was|is|were|are)\b|\bhere,? we\b
    \bwe (?:\w+ )?(?:stud|investigat|examin|propos|present|introduc|describ|develop|compar|evaluat|assess|test)\w*
    \bthis (?:paper|study|article|work|report) (?:\w+ )?(?:present|describ|examin|investigat|propos)\w*
    \bto (?:determine|investigate|evaluate|assess|examine|find out) (?:whether|if|the|how|what)\b
    """)
"""A sentence that says what its document is for."""
CLAIM = any_of(
    r"\b(?:we|authors?|results?|findings?|data|study|analys[ie]s|evidence|paper|work|model) (?:\w+ ){0,2}?"
    r"(?:show|found|hold|held|demonstrat|conclud|suggest|indicat|report|reveal|support|provid|confirm|argu)\w*"
)
"""A sentence that says what was found."""
_DEFINED = r"""\((?:[^()]{0,60})?[“"](?:the )?[\w’' -]{2,40}[”"]\)"""

CLAUSES = (
    Topic(
        "Parties",
        sections=any_of(r"\bparties\b"),
        cues=any_of(rf"\bby and between\b|\bagreement\b.{{0,200}}\bbetween\b|{_DEFINED}.{{0,400}}{_DEFINED}"),
        question="Who are the parties to this agreement?",
        count=1,
        opening=1.5,
    ),
    Topic(
        "Dates and term",
        sections=any_of(r"\b(?:term|commencement|duration|effective date|renewal)\b"),
        cues=any_of(r"""
            \b(?:effective|commenc\w+|dated|expir\w+|until)\b.{0,80}\b(?:19|20)\d\d\b|\btakes? effect\b
            \bterm of (?:this|the) \w+ (?:is|shall|will|begins|commences|ends)\b|\bautomatically renew
            \b(?:initial|renewal) (?:term|period)\b|\bshall (?:commence|expire)\b
            """),
        question="When does this agreement take effect, and when does its term end?",
        count=3,
        opening=0.3,
    ),
    Topic(
        "Obligations",
        sections=any_of(r"\b(?:obligations?|duties|services|supply|delivery|payment|fees)\b"),
        cues=any_of(r"\b(?:shall|must|agrees? to)\b(?! (?:not )?(?:be )?(?:deemed|govern|constru|interpret|mean))"),
        question="What must each party do under this agreement?",
        count=4,
        leftover=True,
    ),
    Topic(
        "Termination",
        sections=any_of(r"\b(?:terminat\w+|default|cancellation)\b"),
        cues=any_of(r"""
            \bmay (?:\w+ ){0,3}?(?:terminate|end|cancel)\b
            \bterminat(?:ed?|es|ion)\b.{0,100}\b(?:notice|days|breach|default|cause)\b
            """),
        question="How can this agreement be terminated?",
        count=3,
    ),
    Topic(
        "Liability",
        sections=any_of(r"\b(?:liabilit\w+|indemni\w+|damages|warrant\w+)\b"),
        cues=any_of(r"""
            \b(?:shall|will|is|are|be)(?: not)?(?: \w+)? liable\b|\bindemnif(?:y|ies|ied)\b|\bh[eo]ld harmless\b
            \bliability (?:of|for|under|to|shall|arising)\b|\b(?:total|aggregate) (?:\w+ )?liability\b
            """),
        question="What is the limit of liability?",
        count=3,
    ),
    Topic(
        "Governing law",
        sections=any_of(r"\b(?:law|jurisdiction|disputes?)\b"),
        cues=any_of(r"""
            \bgoverned\b.{0,120}\blaws?\b|\bexclusive jurisdiction\b|\bjurisdiction of the (?:\w+ ){0,3}courts\b
            \b(?:referred|submitted|settled|resolved)\b.{0,60}\barbitrat
            """),
        question="Which law governs this agreement?",
    ),
)
PAPERS = (
    Topic(
        "Question",
        sections=any_of(r"\b(?:abstract|introduction|background|objectives?|aims?)\b"),
        cues=AIM,
        question="What question does this study ask?",
        opening=0.8,
    ),
    Topic(
        "Method",
        sections=any_of(r"\b(?:methods?|methodology|materials|experiment\w*|data|design|approach)\b"),
        cues=any_of(
            r"\b(?:we|was|were) (?:\w+ )?"
            r"(?:use|measure|collect|recruit|train|appl|perform|conduct|record|estimate|select)\w*"
        ),
        question="How was the study done?",
    ),
    Topic(
        "Result",
        sections=any_of(r"\b(?:abstract|results?|findings?|conclu\w+|discussion)\b"),
        cues=any_of(rf"{CLAIM.pattern}|\bsignificantly\b|\b(?:higher|lower|fewer) than\b"),
        question="What did the study find?",
        count=3,
    ),
    Topic(
        "Limits",
        sections=any_of(r"\b(?:limit\w*|discussion|conclu\w+|future)\b"),
        cues=any_of(r"\blimit(?:ations?|ed by)\b|\bshortcoming|\bweakness|\b(?:future|further) (?:work|research)\b"),
        question="What are the limitations of this study?",
        following=4,
    ),
)
OUTCOME = Topic(
    "Outcome",
    sections=any_of(r"\b(?:syllabus|opinion of the court|holding|conclusion|judge?ment|order)\b"),
    cues=any_of(r"""
        \bwe (?:\w+ )?(?:hold|conclude|affirm|reverse|vacate|remand)\b
        \b(?:is|are) (?:\w+ )?(?:affirmed|reversed|vacated|dismissed|remanded|denied|granted)\b
        """),
    question="What did the court decide?",
    opening=0.3,
)
"""What an opinion of a court comes to."""
STYLES = {"clauses": CLAUSES, "papers": PAPERS}
