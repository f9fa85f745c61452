"""Which sentences of a document can be understood alone, and which only after the one before: no
table rows, captions, references, mastheads and halves of sentences. The word lists are English;
other languages are judged by form."""

import re
import unicodedata

from docqa.app.evidence.terms import STOP_WORDS, plain_words
from docqa.ingest.language.words import AUXILIARY, POINTING_BACK, PREPOSITION
from docqa.ingest.structure.passages import count_words

FEWEST_WORDS = 6
MOST_WORDS = 75
_LEAST_LETTERS = 0.72  # share of letters and spaces; else a formula or table row
_LEAST_FUNCTION_WORDS = 0.18  # share of words without content; else a title, list or row
_ENGLISH = 0.25
_MOST_SINGLES = 0.15
_MOST_CAPITALISED = 0.6


def pattern_of_any(lines: str) -> re.Pattern[str]:
    """Matches what any of `lines` does, in upper or lower case."""
    return re.compile("|".join(line.strip() for line in lines.strip().splitlines()), re.IGNORECASE)


_OPENER = re.compile(
    r"""
    \s*
    (?: (?:Section|Article|Clause|Chapter|Part|Rule|Sec\.)\s+[\w.()-]+[.:]?\s+
      | \(?(?:\d{1,3}(?:\.\d{1,3}){0,5}|[A-Za-z]|[ivxlc]{1,6}|[IVXLC]{1,6})[.)]\)?\s+
      | \d{1,3}(?:\.\d{1,3}){1,5}\s+
      | §+\s?[\w.()-]+\s+
    )?
    """,
    re.VERBOSE,
)
_BULLET = re.compile(r"[•▪◦●■‣*–-]\s+")
_END = re.compile(r"[.!。！][\"'”’)\]»]*$")
_CAPTION = pattern_of_any(
    r"(?:figure|fig\.|table|box|chart|algorithm)\s*(?:[A-Z]?\d|[:.])|(?:source|note|keyword)s?\s*[:.]"
)
_YEAR = r"(?:19|20)\d\d[a-z]?\b"
_BOILERPLATE = pattern_of_any(rf"""
    ^\W*\[\d|\({_YEAR}\)[.,]|\. {_YEAR}\. |\b{_YEAR};\d|\bpp?\.\s?\d|https?:|www\.|\S@\S{{1,100}}\.\w
    """)
_YEARS = re.compile(rf"\b{_YEAR}")
_VERB = re.compile("[^isu]s$")
_OPEN_CLOSE = (("(", ")"), ("[", "]"), ("“", "”"))


def leading_bullet(text: str) -> str:
    """The mark of a list and the space after it that open `text`, or ""."""
    match = _BULLET.match(text)
    return match.group() if match else ""


def ends_sentence(text: str) -> bool:
    """Whether the last word of `text` ends a sentence, a heading or an item."""
    words = text.rstrip()
    return not words or not (words[-1] in ",-–—" or words[-1].islower())


def is_english(text: str) -> bool:
    """Whether enough words are English function words to judge sentences by them."""
    words = [word for word in plain_words(text) if word.isalpha()]
    return bool(words) and sum(word in STOP_WORDS for word in words) >= _ENGLISH * len(words)


def without_number(sentence: str) -> str:
    """`sentence` after the bullet, clause number or division that opens it."""
    match = _OPENER.match(sentence)
    rest = sentence[match.end() :] if match else sentence
    return rest if rest[:1].isalnum() or rest[:1] in "“\"'‘([" else sentence


def is_sentence(text: str, *, english: bool) -> bool:
    """Whether `text`, flat, is a whole sentence of prose that can be understood alone."""
    words = text.split()
    if not FEWEST_WORDS <= count_words(text) <= MOST_WORDS * (1 if english else 2):
        return False
    body = without_number(text)
    if (
        not _END.search(text)
        or not _begins_like_sentence(body)
        or _CAPTION.match(body)
        or _BOILERPLATE.search(text)
    ):
        return False
    balanced = (
        all(text.count(a) == text.count(b) for a, b in _OPEN_CLOSE) and text.count('"') % 2 == 0
    )
    return balanced and _is_prose(text, words, english=english)


def needs_the_one_before(text: str) -> bool:
    """Whether a sentence begins with what points back ("However,", "In contrast,", "They", "This
    means", but not "This agreement" or "It is unlawful to sell")."""
    body = without_number(text).lstrip("“\"'‘([")
    first, second, *others = [*plain_words(body), "", ""]
    if first == "it":
        return second not in AUXILIARY or {"that", "to"}.isdisjoint(others[:4])
    if first in ("this", "these"):
        return second in STOP_WORDS or (first == "this" and _VERB.search(second) is not None)
    if first in PREPOSITION and second in POINTING_BACK | {"this", "these", "it"}:
        return True
    # One word before the first comma, or up to three after a preposition, without name or number.
    _, *rest = body.partition(",")[0].split() or [""]
    is_adverbial = (
        first in PREPOSITION
        and len(rest) <= 2
        and all(map(str.isalpha, rest))
        and " ".join(rest).islower()
    )
    return first in POINTING_BACK or not rest or is_adverbial


def _begins_like_sentence(body: str) -> bool:
    first = body.lstrip("“\"'‘([")[:1]
    return first.isdigit() or first.isupper() or unicodedata.category(first or " ") in ("Lo", "Lt")


def _is_prose(text: str, words: list[str], *, english: bool) -> bool:
    letters = sum(
        char.isalpha() or char == " " or unicodedata.category(char)[0] == "M" for char in text
    )
    if letters < _LEAST_LETTERS * len(text) or any(
        unicodedata.category(char) in ("Co", "Cn") for char in text
    ):
        return False
    if not english:
        return True
    if len(_YEARS.findall(text)) > 3:  # a run of references
        return False
    singles = sum(len(word) == 1 and word not in ("a", "A", "I") for word in words)
    capitalised = sum(word[:1].isupper() for word in words)
    function = sum(word.strip(".,;:()“”\"'").lower() in STOP_WORDS for word in words)
    return (
        singles <= _MOST_SINGLES * len(words)
        and capitalised <= _MOST_CAPITALISED * len(words)
        and function >= _LEAST_FUNCTION_WORDS * len(words)
    )
