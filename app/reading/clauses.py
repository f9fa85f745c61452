"""Clauses of contracts by what they are about, and the sentences of opinions and papers that say
what they come to: linear heads over the hashed words of a sentence and its headings (feature
hashing, Weinberger et al. 2009, arXiv 0902.2206), fitted by `app.lab.clauses` to marked contracts
and to sentences whose headings say it."""

import json
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from itertools import pairwise

import numpy as np

from docqa.app.answer.confidence import CLAUSE_CHANCE, chance_from_log_odds
from docqa.app.context.context import Context
from docqa.app.evidence.ranking import PassageNumber
from docqa.app.evidence.terms import plain_words
from docqa.app.facts.facts import FactKind
from docqa.app.quotes.verifier import Located
from docqa.app.storage.arrays import load_summed
from docqa.ingest.language.expressions import lazily
from docqa.ingest.language.sentences import sentences
from docqa.ingest.structure.leads import lead_text

WIDTH = 4_096
FILE = "clauses.safetensors"
# sentences from the best one; best ones, or passages, that are looked at
NEXT_TO_BEST = 3
FEW = 3
AS_GOOD = 1.0  # what another may lack of the best score
# not of a clause: see first_pages
DOCUMENT_DATE = "document date"
DOCUMENT_TITLE = "title"
DOCUMENT_AUTHORS = "authors"
COURT = "court"
LITIGANTS = "litigants"
JUDGES = "judges"
OF_FIRST_PAGES = (DOCUMENT_DATE, DOCUMENT_TITLE, DOCUMENT_AUTHORS, COURT, LITIGANTS, JUDGES)
KINDS = {
    DOCUMENT_DATE: FactKind.DATE,
    "agreement date": FactKind.DATE,
    "effective date": FactKind.DATE,
    "term": FactKind.DATE,
    "parties": FactKind.PARTY,
    "notice to end": FactKind.PERIOD,
    "governing law": FactKind.LAW,
}
"""The values that are asked for with a clause; of others the clause itself."""
SEPARATE = lazily(r"\b(?:concurr|dissent)", re.IGNORECASE)
"""An opinion that is not the court's."""
SHORTEST = 60  # features: else a heading would have all of its clause


@dataclass(frozen=True, eq=False)
class ClauseSentence:
    """Characters `start:end` of a passage, and their features."""

    passage_number: PassageNumber
    start: int
    end: int
    features: np.ndarray

    def location_in(self, context: Context) -> Located:
        """Where the sentence is in the documents of `context`."""
        placed = context.passages[self.passage_number]
        first = placed.passage.start
        return Located(placed.document, placed.passage.page, first + self.start, first + self.end)

    @property
    def weight(self) -> float:
        return float(max(len(self.features), SHORTEST) ** -0.5)


def hashed_sentence_features(text: str, headings: str) -> np.ndarray:
    """The features of a sentence: words, pairs of words and words of the headings, each once."""
    words = [word for word in plain_words(text) if not word.isdigit()]
    named = [
        *words,
        *(f"{one} {other}" for one, other in pairwise(words)),
        *(f"^{w}" for w in plain_words(headings)),
    ]
    return np.unique(hashed_feature_indices(named))


def hashed_feature_indices(feature_names: Iterable[str]) -> np.ndarray:
    """The weights that features have, by the hash of their names."""
    return np.array([zlib.crc32(name.encode()) % WIDTH for name in feature_names], dtype=np.int64)


def clause_sentences(context: Context) -> list[ClauseSentence]:
    """The sentences of all passages but contents, references and judges' own opinions."""
    found = []
    for number, placed in enumerate(context.passages):
        document = context.documents[placed.document]
        passage = placed.passage
        judge = document.speaker_of(passage.page, passage.start)
        if passage.kind != "text" or SEPARATE.search(judge or ""):
            continue
        text = context.text_of(placed)
        above = " ".join(passage.section)
        for span in sentences(text):
            place = passage.page, passage.start + span.start, passage.start + span.end
            features = hashed_sentence_features(
                f"{lead_text(document, *place)} {span.of(text)}", above
            )
            found.append(ClauseSentence(number, span.start, span.end, features))
    return found


@dataclass(frozen=True, eq=False)
class ClauseClassifier:
    """One kind of clause. `weights` [WIDTH]; `slope` and `offset` make the best sentence's score
    its log-odds.
    """

    weights: np.ndarray
    bias: float
    slope: float
    offset: float

    def scores(self, sentences: Sequence[ClauseSentence]) -> np.ndarray:
        """How much each sentence is of such a clause, [sentences]."""
        return np.array(
            [self.weights[row.features].sum() * row.weight + self.bias for row in sentences]
        )

    def chance(self, score: float) -> float:
        """The probability that the sentence with this score, the best, is of the clause."""
        return chance_from_log_odds(self.slope * score + self.offset)

    def chances(self, sentences: Sequence[ClauseSentence]) -> np.ndarray:
        """That of each sentence, as if it were the best, [sentences]."""
        return np.array([self.chance(score) for score in self.scores(sentences).tolist()])


def index_of_first_best(scores: np.ndarray) -> int:
    """The number of the first sentence as good as the best: an agreement is before its
    schedules.
    """
    return int(np.flatnonzero(scores >= scores.max() - AS_GOOD)[0])


def passages_of_clause(clause: str, sentences: Sequence[ClauseSentence]) -> list[PassageNumber]:
    """The passages of the few sentences that are likeliest of a clause, where one is likely."""
    chances = clause_classifiers()[clause].chances(sentences)
    order = np.argsort(-chances, kind="stable")[:FEW].tolist()
    return list(
        dict.fromkeys(sentences[at].passage_number for at in order if chances[at] >= CLAUSE_CHANCE)
    )


def sentences_naming_parties(
    sentences: Sequence[ClauseSentence], scores: np.ndarray
) -> list[ClauseSentence]:
    """The sentences that name the parties, by the scores of that clause: the best, and near it
    those next to it.
    """
    best = int(scores.argmax())
    near = range(max(best - NEXT_TO_BEST, 0), best + NEXT_TO_BEST + 1)
    return [
        sentences[at]
        for at in near
        if at < len(sentences) and (abs(at - best) < 2 or scores[at] > 0)
    ]


@cache
def _load_shipped_weights() -> tuple[dict[str, np.ndarray], list[str]]:
    with as_file(files("docqa.app.reading").joinpath(FILE)) as path:
        arrays, about = load_summed(path)
        return {name: values.astype(np.float32) for name, values in arrays.items()}, json.loads(
            about["names"]
        )


@cache
def clause_classifiers() -> dict[str, ClauseClassifier]:
    arrays, names = _load_shipped_weights()
    weights = arrays["weights"] * arrays["scale"][:, None]
    return {
        name: ClauseClassifier(row, *line)
        for name, row, line in zip(names, weights, arrays["lines"].tolist())
    }


def shipped_weights(*names: str) -> list[np.ndarray]:
    """Other weights that ship: kinds [kinds, WIDTH] and kind_bias [kinds] of document_kind.py,
    dates [WIDTH] and date_bias [1] of document_date.py, names [3, WIDTH] and follow [3, 3] of
    parties.py."""
    return [_load_shipped_weights()[0][name] for name in names]
