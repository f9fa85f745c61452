"""What kind of answer a question wants, from its wording alone.

Of the questions written for training, 99.6 % of those labelled yes/no are found, and only one that is labelled with
another form is taken for one; a list only where the question says so: "which two ways", "what kinds of" (25 %, of those
so called 83 % are).
"""

from __future__ import annotations

import re

from docqa.app.facts.facts import is_time
from docqa.app.reading.candidates import Form
from docqa.ingest.language.numbers import NUMBER_WORD
from docqa.ingest.language.quantities import figures
from docqa.ingest.language.words import ASKING, ASKING_VERB, PREPOSITION, alternatives

_WITH = rf"(?:(?:in\s+accordance\s+with|according\s+to|up\s+to|above|below|{alternatives(PREPOSITION)})\s+)?"
_OPENS = re.compile(rf"\W*(?:(?:and|but|so|then|please)\W+)*{ASKING_VERB}\b", re.IGNORECASE)
_LED_IN = re.compile(
    rf"(?:[.;:?!]|\s[-–—])\s+(?:(?:and|but|so|if\s[^,]*,)\s*)?(?=(?P<next>{ASKING_VERB})\b)|,\s+(?=(?P<comma>{ASKING_VERB})\b)",
    re.IGNORECASE,
)
_LEADS = re.compile(
    r"\W*(?:if|when|once|while|after|before|in|on|under|at|for|apart|even|given|as|where|unless|during|without|with|by|"
    r"because|since|although|though|suppose|assuming|according)\b",
    re.IGNORECASE,
)
_INDIRECT = re.compile(
    rf"\W*(?:(?:can|could|would|will)\s+you\b|(?:may|can|could)\s+i\s+(?:ask|know|see)\b|(?:do|does|did)\s+(?:\w+\s+){{1,3}}"
    rf"(?:know|say|tell|state|specify|mention)\s+{ASKING}\b)",
    re.IGNORECASE,
)
_ASKED_BEHIND = re.compile(rf"[,:]\s+{_WITH}{ASKING}\s+{ASKING_VERB}\b", re.IGNORECASE)
_COUNT = rf"(?:(?!one\b)(?:{NUMBER_WORD})|[2-9])"
_SORTS = r"(?:kinds|types|sorts|forms|ways|factors|steps|examples|things|reasons|items|documents|rights)"
_LIST = re.compile(
    rf"\b(?:what|which|name|list|give|whose)\s+(?:are\s+|were\s+)?(?:the\s+|me\s+|other\s+)?{_COUNT}\s+(?:[\w-]+\s+){{0,3}}?\w+s\b|"
    r"^\W*(?:please\s+)?(?:list|name|enumerate|identify)\s+(?!of\b)|"
    rf"\b(?:what|which)\s+(?:(?!(?:must|may|can|do|did|are|were|is|was|does)\b)[\w-]+\s+)?{_SORTS}\b",
    re.IGNORECASE,
)


_ASKED = re.compile(rf"\b{ASKING}\b(?P<verb>\s+{ASKING_VERB}\b)?", re.IGNORECASE)


def answers_briefly(question: str, words: str) -> bool:
    """Whether `words` alone answer `question`: it asks for no reason or way, and they are of the type that it asks for,
    a number behind "how long", a time behind "when is"."""
    asked = _ASKED.search(question)
    word = asked.group().split()[0].lower() if asked else ""
    if word == "how":
        return asked is not None and not asked["verb"] and bool(figures(words))
    if word == "when" and asked is not None and asked["verb"]:
        return is_time(words)
    return word != "why"


def form_of(question: str) -> Form:
    """What kind of answer `question` wants; FACT where its words do not say; never TWO_PARTS."""
    if _is_yes_no(question):
        return Form.YES_NO
    return Form.LIST if _LIST.search(question) else Form.FACT


def _is_yes_no(question: str) -> bool:
    """Whether it begins with a verb that asks ("May ...", "Is ..."), also behind "if ...," or a sentence before it."""
    if _ASKED_BEHIND.search(question):
        return False
    if _OPENS.match(question):
        return not _INDIRECT.match(question)
    for match in _LED_IN.finditer(question):
        led = match["next"] is not None or _LEADS.match(question) is not None
        if led and not _INDIRECT.match(question, match.end()):
            return True
    return False
