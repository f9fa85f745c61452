"""Whether a question is in English, by its letters and commonest words."""

import re
import unicodedata
from pathlib import Path

from docqa.app.evidence.terms import STOP_WORDS

NOT_ENGLISH = "docqa reads English questions."

_QUOTED = re.compile(r"[“\"«„][^”\"»“]{0,200}[”\"»“]|`[^`]*`")
_WORD = re.compile(r"[^\W\d_]+")
# Words of other languages that ask, and their commonest verbs: one must be there. After them
# articles, pronouns and the like; English words too count for neither.
_ASKING, _LINKING = (
    frozenset(words.split())
    for words in Path(__file__)
    .with_name("other_languages.txt")
    .read_text(encoding="utf-8")
    .split("\n\n")
)
_FOREIGN = (_ASKING | _LINKING) - STOP_WORDS
_ENGLISH = STOP_WORDS - _LINKING
_NOT_ALONE = frozenset(("qui", "quo", "são"))
"""These alone say nothing: "qui tam", "São Paulo"."""
_LEAST_LETTERS = 4


def is_english(question: str) -> bool:
    """False for a question that is plainly in another language or script; names, key words, code
    and the Latin of lawyers pass, and what is between quotation marks."""
    found, other_script = _unquoted_words(question)
    if other_script:
        return False
    # A capital inside a question begins a name: "Martin Van Buren".
    words = [word.lower() for at, word in enumerate(found) if not at or word[0].islower()]
    asking = [word for word in words if word in _ASKING]
    foreign = sum(word in _FOREIGN for word in words)
    english = sum(word in _ENGLISH for word in words)
    if (
        not english
        and len(found) > 2
        and words[:1] == asking[:1] != []
        and words[0] not in _NOT_ALONE
    ):
        return False
    return not (asking and foreign > max(english, 1))


def reads_as_english(text: str) -> bool:
    """False for prose with more small words of other languages than of English, or mostly in
    another script.
    """
    found, other_script = _unquoted_words(text)
    if other_script:
        return False
    # Small words before a capital may be of a name: "de la Cruz".
    small = [
        word
        for word, behind in zip(found, [*found, ""][1:], strict=True)
        if not behind[:1].isupper()
    ]
    foreign = sum(word in _FOREIGN for word in small)
    english = sum(word.lower() in _ENGLISH for word in found)
    return foreign < 2 or foreign <= english


def _unquoted_words(text: str) -> tuple[list[str], bool]:
    """(the words outside quotation marks, whether most of their letters are not Latin)."""
    found = _WORD.findall(unicodedata.normalize("NFC", _QUOTED.sub(" ", text)))
    letters = "".join(word for word in found if len(word) > 1)
    other = sum(not unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    return found, other >= _LEAST_LETTERS and 2 * other > len(letters)
