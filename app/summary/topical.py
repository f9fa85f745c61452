"""Sentences about a topic of a style, or what somebody wants to know (`--focus`). Heads propose
sentences, the reader says which answer; a topic that none states stays empty."""

from collections.abc import Sequence

import numpy as np

from docqa.app.answer.confidence import CLAUSE_CHANCE
from docqa.app.context.context import Context
from docqa.app.evidence.ranking import RankedPassage, WordIndex, z_scores
from docqa.app.evidence.terms import terms
from docqa.app.reading.clauses import ClauseSentence, clause_classifiers, index_of_first_best

from .selection import Pool, choose
from .topics import Topic

STATED = 2.2
READER = 1.6
SALIENCE = 0.15
LEAST = 1.0
UNLIKELY = 0.1
"""A sentence's worth at least; the chance of its topic below which the reader does not see it."""
READ = 16
"""Sentences that the reader sees for a topic."""
FOCUS_PASSAGES = 12
FOCUS_SENTENCES = 15
"""Passages that may be about a focus, and sentences at most."""
FOCUS_LEAST = 0.45
FOCUS_WORDS = 0.6
"""Least sum of the reader's chance and this weight of the words in common."""


def about_focus(
    focus: str, pool: Pool, context: Context, ranked: Sequence[RankedPassage]
) -> list[int]:
    """Numbers of the candidates that are about `focus`, best first; `ranked` are the passages for
    it.
    """
    spans = [context.passages[item.passage_number].passage for item in ranked[:FOCUS_PASSAGES]]
    numbers = [
        number
        for number, candidate in enumerate(pool.candidates)
        if any(
            candidate.page == span.page and span.start <= candidate.start < span.end
            for span in spans
        )
    ]
    index = WordIndex.from_context(context)
    wanted = set(terms(focus))
    words_of_each = [
        set(terms(f"{pool.candidates[number].text} {pool.heading_above(number)}"))
        for number in numbers
    ]
    shares = np.array([index.share_of_question_idf(wanted, words) for words in words_of_each])
    scores = pool.chances(focus, numbers) + FOCUS_WORDS * shares
    order = np.argsort(-scores, kind="stable")[:FOCUS_SENTENCES]
    return [numbers[rank] for rank in order if scores[rank] >= FOCUS_LEAST]


def choose_for_topic(
    topic: Topic,
    pool: Pool,
    salience: np.ndarray,
    taken: Sequence[int],
    outside: Sequence[int] = (),
) -> list[int]:
    """At most `topic.count` candidates that state the topic, in order; `salience` [candidates].
    None that is `taken`, repeats it, or is `outside`."""
    stated = pool.chances_of_stating(topic)
    value = STATED * stated + topic.opening / (1 + np.arange(len(stated)) / 5)
    value = value + SALIENCE * np.clip(z_scores(salience), -2, 2)
    closed = {*taken, *outside}
    order = map(int, np.argsort(-value, kind="stable"))
    likely = sorted(
        [number for number in order if stated[number] > UNLIKELY and number not in closed][:READ]
    )
    value[likely] += READER * pool.chances(topic.question, likely)
    fit = [number for number in likely if value[number] >= LEAST]
    return choose(pool, fit, value[fit], topic.count, taken=taken, spread=False)


def first_of_each_clause(
    topic: Topic, sentences: Sequence[ClauseSentence], taken: Sequence[int]
) -> list[int]:
    """Numbers of the `sentences` of a document that its sheet has for the clauses of `topic`: of
    each the first of the likeliest, or where that is `taken` the likeliest; in order."""
    found: set[int] = set()
    for name in topic.clauses if sentences else ():
        classifier = clause_classifiers()[name]
        scores = classifier.scores(sentences)
        if classifier.chance(float(scores.max())) >= (topic.each or CLAUSE_CHANCE):
            likeliest = index_of_first_best(scores), int(scores.argmax())
            found.update([number for number in likeliest if number not in taken][:1])
    return sorted(found)
