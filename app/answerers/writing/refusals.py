"""Replies in which a model says that the documents do not answer, and a yes or no that opens one."""

from __future__ import annotations

import re

from docqa.app.answer.grades import Verdict
from docqa.model.prompts.prompt import REFUSAL

_DOCUMENT = (
    r"(?:documents?|texts?|excerpts?|passages?|sentences?|contracts?|agreements?|leases?|papers?|opinions?|files?|pages?|"
    r"(?:provided|given) \w+|context|information|sources?|materials?|statute|judge?ment|reports?|articles?|study)"
)
_IS = r"(?:is|are|was|were|has|have)(?: not|n['’]t)(?: been)?"
_SAYS_NOT = (
    r"(?:(?:do|does|did)(?: not|n['’]t)|fails? to) (?:\w+ )?(?:say|state|mention|specif|contain|provid|answer|includ|"
    r"address|indicat|give|discuss|describ|explain|tell|disclos|identif|name|have|list|cover|offer|refer)"
)
_SAID = (
    r"(?:stated|mentioned|specified|given|provided|answered|found|addressed|disclosed|indicated|included|discussed|known|"
    r"available|determined|inferred)\b"
)
_REFUSES = re.compile(
    rf"(?:unfortunately,? |(?:i['’]?m )?sorry,? (?:but )?|based on [^,]{{1,60}}, )*(?:"
    rf"(?:(?:this|that|it|the answer) )?(?:{_IS}|cannot be|can not be) (?:\w+ )?{_SAID}"
    rf"|(?:(?:the|these|this|(?:any|none) of the) )?(?:\w+ )?{_DOCUMENT}(?: \w+)? {_SAYS_NOT}"
    rf"|(?:there (?:is|are) )?(?:no|not enough|insufficient) (?:\w+ )?(?:information|mention|answer|evidence)\b"
    rf"|i (?:cannot|can['’]t|could(?: not|n['’]t)|am unable|do(?: not|n['’]t) (?:know|have)|did(?: not|n['’]t) find)\b"
    rf"|(?:the )?(?:\w+ ){{1,6}}{_IS} (?:\w+ )?{_SAID}[^.]{{0,40}}\b{_DOCUMENT}"
    rf"|not {_SAID}(?: in\b.*| by\b.*)?\s*$"
    rf"|(?:unknown|n/?a|none|unanswerable)\s*$"
    rf")",
    re.IGNORECASE,
)
_VERDICT = re.compile(
    r"\s*(?:\*\*|__)?(yes|no)\b(?:\*\*|__)?\s*[,.;:!–—-]*\s*(?:\*\*|__)?\s*(?!one\b|\d)", re.IGNORECASE
)
_EDGES = " \t\n\"'“”‘’*_`.!"


def refuses(text: str) -> bool:
    """Whether the first words of `text` say that nothing answers."""
    bare = text.strip(_EDGES)
    folded = bare.casefold()
    asked = REFUSAL.strip().casefold()
    return folded == asked or folded.startswith((f"{asked}.", f"{asked}\n")) or _REFUSES.match(bare) is not None


def starts_with_verdict(text: str) -> tuple[Verdict | None, str]:
    """(yes or no where `text` begins with it, the words behind it)."""
    match = _VERDICT.match(text)
    if match is None or (match[0].strip().lower() == "no" and text[match.end() :][:1].islower()):
        return None, text  # "No notice is due" denies something, and answers nothing with no
    return Verdict(match[1].lower()), text[match.end() :]
