"""Replies in which a model says that the documents do not answer, and a yes or no that opens one."""

from __future__ import annotations

import re

from docqa.app.answer.grades import Verdict
from docqa.model.prompts.prompt import REFUSAL

_DOCUMENT = (
    r"(?:documents?|texts?|excerpts?|passages?|sentences?|contracts?|agreements?|leases?|papers?|opinions?|file|pages?|"
    r"(?:provided|given|available) (?:information|text|material|context|content|\w+)|context|information provided|"
    r"sources?|materials?|statute|judge?ment|report|article|study|survey)"
)
_NOT = r"(?:do|does|did|is|are|was|were|can|could|have|has)(?: not|n['’]t)"
_SAYS = (
    r"(?:say|state|mention|specif|contain|provid|answer|includ|address|indicat|give|discuss|describ|explain|tell|cover|"
    r"have|disclos|identif|refer|detail|offer|clarif|list|name)"
)
_REFUSES = re.compile(
    rf"(?:unfortunately,? |i['’]?m sorry,? (?:but )?|sorry,? (?:but )?|based on [^,]{{1,60}}, )*(?:"
    rf"(?:this|that|the question|the answer|it|there)? ?{_NOT} (?:\w+ )?(?:stated|mentioned|specified|given|provided|"
    rf"answered|found|addressed|disclosed|indicated|included|discussed|known|available|possible to)\b"
    rf"|(?:the |these |this |any of the |none of the |neither of the )?(?:\w+ )?{_DOCUMENT}(?: \w+)? "
    rf"(?:{_NOT}|fails? to) (?:\w+ )?{_SAYS}\w*"
    rf"|there (?:is|are) (?:no|not any|insufficient|not enough) (?:\w+ )?(?:information|mention|answer|evidence|"
    rf"indication|data|details?|reference|specific|direct)"
    rf"|no (?:\w+ )?(?:information|mention|answer|details?|indication|reference)\b"
    rf"|(?:i|we) (?:cannot|can['’]t|can not|could not|couldn['’]t|am unable to|do(?: not|n['’]t) (?:know|have)|"
    rf"did(?: not|n['’]t) find|was unable to)\b"
    rf"|(?:the )?(?:\w+ ){{1,6}}(?:is|are|was|were)(?: not|n['’]t) (?:\w+ )?(?:stated|mentioned|specified|given|"
    rf"provided|found|addressed|disclosed|indicated|included|discussed|available)\b[^.]{{0,40}}\b{_DOCUMENT}"
    rf"|not (?:stated|mentioned|specified|found|given|provided|available|addressed)\b(?: in\b.*| by\b.*)?\s*$"
    rf"|(?:unknown|n/?a|none|no answer|unanswerable)\s*$"
    rf"|(?:it )?(?:cannot|can['’]t|can not) be (?:determined|answered|found|established|inferred)"
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
