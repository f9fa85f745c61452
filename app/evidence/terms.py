"""Words as ranking and refusal count them: folded, without English stop words, stemmed (Snowball);
pairs of characters of Chinese, Japanese and Korean."""

import re
import unicodedata
from collections.abc import Iterator

import Stemmer

_STOP = """
a about above after again all also am an and any are aren't as at be because been before being below between both
but by can cannot could did do does doing done down during each etc few for from further get gets got had has have
having he her here hers him his how i if in into is it its itself just let me more most much my no nor not of off on
once only or other our out over own per please same she should so some such than that the their them then there
these they this those through to too under until up upon very was we were what when where whether which while who
whom whose why will with within without would you your
"""
STOP_WORDS = frozenset(_STOP.split())

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?|\w+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_POSSESSIVE = re.compile(r"['’]s$")
_NAME = re.compile(r"[A-Z][\w&.-]*[\w]|[A-Z]")
_STEMMER = Stemmer.Stemmer("english", 0)


def plain_words(text: str) -> list[str]:
    """Words of `text`, folded (NFKC, case) and without possessives, stop words included, not
    stemmed.
    """
    return list(_iterate_folded_words(text))


def _iterate_folded_words(text: str) -> Iterator[str]:
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text).casefold()):
        word = _POSSESSIVE.sub("", match.group())
        if len(word) > 1 and _CJK.search(word):
            yield from (word[i : i + 2] for i in range(len(word) - 1))
        else:
            yield word


def terms(text: str) -> list[str]:
    """Stems of the words of `text` without stop words, in order, with repeats."""
    return stems([word for word in plain_words(text) if word not in STOP_WORDS])


def distinct_terms(text: str) -> frozenset[str]:
    """The terms of `text`, each once."""
    return frozenset(stems(list(set(_iterate_folded_words(text)) - STOP_WORDS)))


def stems(words: list[str]) -> list[str]:
    return list(_STEMMER.stemWords(words))


def key_words(question: str) -> list[str]:
    """The question's words that count, as written, first mention only."""
    kept: dict[str, str] = {}
    for match in _WORD.finditer(unicodedata.normalize("NFC", question)):
        word = _POSSESSIVE.sub("", match.group())
        stems = terms(word)
        if stems and stems[0] not in kept:
            kept[stems[0]] = word
    return list(kept.values())


def names_and_numbers(question: str) -> list[str]:
    """Numbers, and capitalised words that do not merely open the question."""
    found: list[str] = []
    for position, match in enumerate(_WORD.finditer(question)):
        word = _POSSESSIVE.sub("", match.group())
        if (
            word[0].isdigit()
            or position
            and _NAME.fullmatch(word)
            and word.casefold() not in STOP_WORDS
        ):
            found.append(word)
    return list(dict.fromkeys(found))


def count_content_words(text: str) -> int:
    """How many words are neither stop words nor single letters."""
    return sum(
        1
        for word in plain_words(text)
        if word not in STOP_WORDS and (len(word) > 1 or word.isdigit())
    )
