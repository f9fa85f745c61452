"""Contexts of the sets as documents, and questions that nothing answers."""

import random
import re
from collections.abc import Iterator

from .sequences import SourceText, read_set
from .sets import QuestionSets

ALTERED = (
    0.35  # of the answered questions: a second time with a word exchanged, so that nothing answers
)
TOGETHER = 15  # contexts of one passage or few, which make one document


def groups(
    sets: QuestionSets, seed: int, *, validation: bool = False
) -> Iterator[tuple[str, list[SourceText]]]:
    """(name, contexts of one document); short contexts that stand alone are put together.

    A name is SET-long-NUMBER or SET-short-NUMBER. Sets take turns, each with as many documents a
    round as its share is of the smallest share.
    """
    rng = random.Random(seed)
    queues: list[tuple[int, list[tuple[str, list[SourceText]]]]] = []
    for name, share in sets.shares.items():
        by_document: dict[str, list[SourceText]] = {}
        for source in read_set(sets, name, validation=validation):
            by_document.setdefault(source.doc, []).append(source)
        long = [d for d in by_document.values() if sum(len(s.passages) for s in d) >= 6]
        short = [s for d in by_document.values() if sum(len(s.passages) for s in d) < 6 for s in d]
        rng.shuffle(long)
        rng.shuffle(short)
        together = [short[i : i + TOGETHER] for i in range(0, len(short) - TOGETHER + 1, TOGETHER)]
        for kind, found in (("long", long), ("short", together)):
            named = [
                (f"{name}-{kind}-{i:04d}", sources) for i, sources in enumerate(reversed(found))
            ]
            queues.append((max(1, round(share / min(sets.shares.values()))), named[::-1]))
    while any(queue for _, queue in queues):
        for turns, queue in queues:
            for _ in range(min(turns, len(queue))):
                yield queue.pop()


def altered_questions(sources: list[SourceText], rng: random.Random) -> list[str]:
    """Questions that nothing answers: a third of the answered ones, with one name, number or noun
    of another's.

    The new word is neither in the question nor in the context that answered it. What is left looks
    like a question of the document, as the unanswerable ones of readers do.
    """
    asked = [
        (source, q.text)
        for source in sources
        if len(source.text) < 5_000
        for q in source.questions
        if q.spans
    ]
    words: dict[str, list[str]] = {"name": [], "noun": []}
    for _, text in asked:
        for kind, found in words.items():
            found += [match.group() for match in _replaceable(text, kind)]
    made = []
    for source, text in asked:
        if rng.random() > ALTERED:
            continue
        kind = "name" if rng.random() < 0.7 and list(_replaceable(text, "name")) else "noun"
        places = list(_replaceable(text, kind))
        if not places or not words[kind]:
            continue
        place = rng.choice(places)
        word = rng.choice(words[kind])
        digits = place.group()[0].isdigit()
        if (
            word[0].isdigit() == digits
            and word.casefold() not in f"{source.text} {text}".casefold()
        ):
            made.append(text[: place.start()] + word + text[place.end() :])
    return made


def _replaceable(question: str, kind: str) -> Iterator[re.Match[str]]:
    """Names and numbers of a question, but for its first word, or its longer words in small
    letters.
    """
    pattern = (
        r"(?<=\s)(?:[A-Z][\w-]+|\d[\d,.]*\d|\d)\b" if kind == "name" else r"(?<=\s)[a-z]{6,}\b"
    )
    return re.finditer(pattern, question)
