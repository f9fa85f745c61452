"""Questions with the excerpts that they are put to, for training the reader: some answer, some only look like it.

An excerpt is a run of whole sentences of at most some sixty words. Those that do not answer are taken from the same
document, the ones first that share the rarest words with the question.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from docqa.model.heads.cross_encoder import LONGEST_EXCERPT, ReaderTokenizer
from docqa.model.training.data.features import altered_questions, groups
from docqa.model.training.data.sequences import SourceText, covered, cut_passages
from docqa.model.training.data.sets import QuestionSets
from docqa.model.training.data.synonyms import Synonyms

SIZES = (36, 52, 68)  # words of an excerpt, at most; every document is cut in each of them
UNANSWERED, UNANSWERED_WRITTEN = 0.2, 0.4  # share of unanswerable questions: made here, or written by people
REWORDED = 0.4  # share of the questions that are put in other words, where synonyms are at hand
WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class AskedExcerpts:
    """The token ids of a question before an excerpt, those of its excerpts, and the answers.

    An answer is (excerpt, first token, last token).
    """

    question: list[int]
    excerpts: list[list[int]]
    golds: list[tuple[int, int, int]]


@dataclass
class _Cut:
    """A document in excerpts of one size: (source, start, end), their words, and how rare each word is."""

    places: list[tuple[int, int, int]]
    words: list[frozenset[str]]
    rarity: dict[str, float]


class ExcerptDocument:
    """The contexts of one document with its questions, cut into excerpts when first asked."""

    def __init__(self, sources: list[SourceText], rng: random.Random) -> None:
        self.sources = sources
        asked = [(number, q) for number, source in enumerate(sources) for q in source.questions]
        self.answered = [(number, q.text, q.spans) for number, q in asked if q.spans]
        written = [q.text for _, q in asked if not q.spans]
        self.unanswered = written + altered_questions(sources, rng)
        self.unanswered_share = UNANSWERED_WRITTEN if written else UNANSWERED
        self._cuts: dict[int, _Cut] = {}

    def cut(self, size: int) -> _Cut:
        if size not in self._cuts:
            places = [(n, a, b) for n, source in enumerate(self.sources) for a, b in cut_passages(source.text, size)]
            words = [frozenset(WORD.findall(self.sources[n].text[a:b].lower())) for n, a, b in places]
            count = Counter(word for found in words for word in found)
            rarity = {word: math.log(1 + len(words) / times) for word, times in count.items()}
            self._cuts[size] = _Cut(places, words, rarity)
        return self._cuts[size]

    def question(self, rng: random.Random) -> tuple[int, str, tuple[tuple[int, int], ...]]:
        """(its source, its text, its answers); one that nothing answers has source -1."""
        if self.unanswered and (not self.answered or rng.random() < self.unanswered_share):
            return -1, rng.choice(self.unanswered), ()
        return rng.choice(self.answered)

    def most_similar(self, cut: _Cut, question: str, most: int) -> list[int]:
        """Excerpts that share the rarest words with a question, best first."""
        asked = set(WORD.findall(question.lower()))
        worth = [sum(cut.rarity[w] for w in asked & found) / (20 + len(found)) for found in cut.words]
        return sorted(range(len(worth)), key=lambda i: -worth[i])[:most]


def asked_excerpts(
    document: ExcerptDocument, tokenizer: ReaderTokenizer, rng: random.Random, *, wrong: int, dropped: float = 0.15,
    synonyms: Synonyms | None = None,
) -> AskedExcerpts | None:  # fmt: skip
    """Draw a question of a document and its excerpts: a right one with some `wrong` ones, or wrong ones alone.

    `dropped`: share of the questions with an answer that are put to wrong excerpts only. The excerpts are found before
    the question is put in other words.
    """
    cut = document.cut(rng.choice(SIZES))
    owner, question, spans = document.question(rng)
    holding = [i for i, (n, a, b) in enumerate(cut.places) if n == owner and any(a < e and s < b for s, e in spans)]
    answered = bool(holding) and rng.random() >= dropped
    pool = [i for i in document.most_similar(cut, question, 12 + len(holding)) if i not in holding]
    # Where nothing answers, `ask` still shows the most similar excerpts, and must refuse them.
    chosen = pool[:1] if not answered or rng.random() < 0.5 else []
    chosen += rng.sample(pool[1:], min(len(pool[1:]), wrong - len(chosen)))
    if answered:
        whole = [i for i in holding if any(cut.places[i][1] <= s for s, _ in spans)]
        chosen = [rng.choice(whole or holding), *chosen[: max(1, wrong - 1)]]
    rng.shuffle(chosen)
    texts, golds = [], []
    for number, index in enumerate(chosen):
        n, a, b = cut.places[index]
        ids, offsets = tokenizer.encode_with_offsets(" ".join(document.sources[n].text[a:b].split("\n")))
        texts.append(ids[:LONGEST_EXCERPT])
        for s, e in spans if n == owner else ():
            tokens = covered(offsets[:LONGEST_EXCERPT], s - a, e - a)
            golds += [(number, tokens[0], tokens[-1])] if tokens else []
    if not texts or not all(texts):
        return None
    if synonyms is not None and rng.random() < REWORDED:
        question = synonyms.reworded(question, rng)
    return AskedExcerpts(tokenizer.asked(question), texts, sorted(set(golds)))


class ExcerptQuestions:
    """All training documents, or those kept for validation; with `synonyms` some questions are drawn in other words.

    Raises ValueError where no set has a question that can be drawn.
    """

    def __init__(
        self, sets: QuestionSets, tokenizer: ReaderTokenizer, seed: int, *, validation: bool = False,
        synonyms: Synonyms | None = None,
    ) -> None:  # fmt: skip
        rng = random.Random(seed)
        self.tokenizer, self.synonyms = tokenizer, synonyms
        self.by_set: dict[str, list[ExcerptDocument]] = {}
        for name, sources in groups(sets, seed, validation=validation):
            document = ExcerptDocument(sources, rng)
            if document.answered or document.unanswered:
                self.by_set.setdefault(name.split("-", 1)[0], []).append(document)
        self.sets = [name for name in sets.shares if name in self.by_set]
        self.weights = [sets.shares[name] for name in self.sets]
        if not self.sets and not validation:
            raise ValueError(f"no question to train on in {', '.join(map(str, sets.paths.values()))}")
        self.sizes = {s: [len(d.answered) + len(d.unanswered) for d in self.by_set[s]] for s in self.sets}

    def draw(self, rng: random.Random, wrong: int) -> AskedExcerpts:
        """A question of a set by its share, of a document by its number of questions."""
        while True:
            name = rng.choices(self.sets, self.weights)[0]
            document = rng.choices(self.by_set[name], self.sizes[name])[0]
            found = asked_excerpts(document, self.tokenizer, rng, wrong=wrong, synonyms=self.synonyms)
            if found is not None:
                return found

    def fixed(self, each: int, seed: int, wrong: int) -> Iterator[AskedExcerpts]:
        """The same questions every time: `each` of every set."""
        rng = random.Random(seed)
        for name in self.sets:
            for _ in range(each):
                found = asked_excerpts(rng.choice(self.by_set[name]), self.tokenizer, rng, wrong=wrong)
                if found is not None:
                    yield found
