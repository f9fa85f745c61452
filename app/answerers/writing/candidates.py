"""The sentences that are likely to bear out a statement which cites nothing, or nothing that bears
it out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from docqa.app.context.context import Context
from docqa.app.evidence.ranking import WordIndex
from docqa.app.evidence.terms import terms
from docqa.app.quotes.verifier import Located, LocatedSpans
from docqa.ingest.language.quantities import figures

from .excerpts import Given

_FIGURES_WEIGHT = 0.5
# share of a statement's words, by their weight, from which a sentence may be about the same
_LEAST = 0.15
_APART = 0.6  # a further sentence has at least this share of the best one's score
_MOST_TOGETHER = 6  # sentences that bear a statement out together, at most
_LEAST_MORE = 0.02  # share of a statement's words that a further one of them adds, at least
_LEAST_NEEDED = 0.1  # the same of one that is shown beside others


def words_and_values(text: str) -> list[str]:
    """The stems of the words of `text`, and its numbers in one spelling: "1,200" is 1200, "two (2)"
    is 2.
    """
    words = [word for word in terms(text) if not word[0].isdigit()]
    return [*words, *(figure.value for figure in figures(text))]


@dataclass
class CandidateSentences:
    """The numbered sentences of what a model was given, found by words and numbers."""

    _given: Given
    _context: Context
    _index: WordIndex

    @cached_property
    def _sentence_word_sets(self) -> list[frozenset[str]]:
        return [
            frozenset(words_and_values(each.text_in(self._context.documents)))
            for each in self._given.sentences
        ]

    def most_likely_runs(self, statement: str) -> list[list[Located]]:
        """Runs of sentences that may bear out `statement`, the most likely run first. The last one
        is what bears out most of its words together."""
        said = set(words_and_values(statement))
        scored = list[tuple[float, int]]()
        runs = list[tuple[int, ...]]()
        counted = {figure.value for figure in figures(statement) if figure.digits}
        for number, words in enumerate(self._sentence_word_sets):
            share = self._index.share_of_question_idf(said, words)
            if share >= _LEAST:
                numbers = len(counted & words) / len(counted) if counted else 0.0
                # Of two that say as much the shorter one is nearer.
                scored.append((share + _FIGURES_WEIGHT * numbers - 0.0005 * len(words), number))
        scored.sort(key=lambda pair: (-pair[0], pair[1]))
        if scored:
            most, best = scored[0]
            runs = [(best,)]
            for number in [number for score, number in scored[1:4] if score >= _APART * most][:1]:
                runs += [(min(best, number), max(best, number)), (number,)]
            runs.append(
                tuple(
                    n for n in (best - 1, best, best + 1) if 0 <= n < len(self._sentence_word_sets)
                )
            )
        runs.append(self._sentences_sharing_most_words(statement))
        return [
            [self._given.sentences[number] for number in run] for run in dict.fromkeys(runs) if run
        ]

    def _sentences_sharing_most_words(self, statement: str) -> tuple[int, ...]:
        """Numbers from 0, in order, of the sentences that together have most words of `statement`,
        but for words of titles."""
        titles = {word for document in self._context.documents for word in terms(document.title)}
        said = set(words_and_values(statement))
        wanted = said - titles or said
        left = set(wanted)
        chosen = list[int]()
        while self._sentence_word_sets and len(chosen) < _MOST_TOGETHER:
            # Of two that add as much the one that says more of it all, and then the shorter one.
            added = [
                self._index.share_of_question_idf(wanted, left & words)
                for words in self._sentence_word_sets
            ]
            rated = [
                (
                    more + 0.1 * self._index.share_of_question_idf(wanted, words),
                    -len(words),
                    -number,
                )
                for number, (more, words) in enumerate(
                    zip(added, self._sentence_word_sets, strict=True)
                )
            ]
            best = -max(rated)[2]
            if added[best] < _LEAST_MORE:
                break
            chosen.append(best)
            left -= self._sentence_word_sets[best]
        return tuple(sorted(chosen))

    def share_of_words_in_places(self, statement: str, places: Sequence[Located]) -> float:
        """The share, 0 to 1, of the words of `statement` that stand in `places`, by their
        weight.
        """
        texts = (place.text_in(self._context.documents) for place in places)
        found = frozenset(word for text in texts for word in words_and_values(text))
        return self._index.share_of_question_idf(set(words_and_values(statement)), found)

    def without_needless_quotes(
        self, statement: str, quotes: Sequence[LocatedSpans]
    ) -> list[LocatedSpans]:
        """`quotes` without those that say nothing of `statement` that the others do not say."""
        kept = list(dict.fromkeys(quotes))
        for quote in sorted(
            kept, key=lambda spans: self.share_of_words_in_places(statement, spans)
        ):
            others = [spans for spans in kept if spans != quote]
            said, less = (
                self.share_of_words_in_places(statement, [*chain(*each)]) for each in (kept, others)
            )
            kept = others if others and said - less < _LEAST_NEEDED else kept
        return kept
