"""Questions with the excerpts that they are put to, for training the reader: some answer, some only
look like it.

An excerpt is a run of whole sentences. Those that do not answer are taken from the same document,
the ones first that share the rarest words with the question.
"""

import math
import random
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter

from docqa.model.heads.reader_text import FORMS, LONGEST_EXCERPT, VERDICTS, ReaderTokenizer
from docqa.model.heads.shown_text import ShownText

from .documents import altered_questions, groups
from .sequences import SequenceQuestion, SourceText, covered, cut_passages
from .sets import QuestionSets

SIZES = (45, 75, 105, 140)  # words of an excerpt, at most; every document is cut in each of them
SIZES_DECIDING = (
    25,
    45,
    45,
    105,
)  # the same for yes/no questions: few words beside the deciding ones
WHOLE = 200  # the same where no words are marked that answer: the whole text has to be seen
# share of unanswerable questions: made here, or written by people
UNANSWERED = 0.12
UNANSWERED_WRITTEN = 0.33
HEADED = 0.6  # share of the excerpts that come with the title above them
DROPPED = 0.06  # share of the answered questions that are put to wrong excerpts alone
WRONG = (0, 1, 1, 1, 1, 2)  # excerpts that do not answer, beside one that does
WRONG_DECIDING = (
    0,
    0,
    0,
    1,
)  # the same for yes/no questions, whose verdict is learned from the right one alone
UNKNOWN = -1
WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class AskedExcerpts:
    """A question before each of its excerpts, as token ids, and what is right.

    `asked` has the question and the heading of each excerpt. `golds`: answers as (excerpt, first
    token, last token); `several`: all of them together are the answer. `holds`: which excerpts
    answer. `form` and `verdict` are numbers in FORMS and VERDICTS, UNKNOWN where nothing is known.
    """

    asked: list[list[int]]
    excerpts: list[list[int]]
    golds: list[tuple[int, int, int]]
    holds: list[bool]
    several: bool = False
    form: int = UNKNOWN
    verdict: int = UNKNOWN

    @property
    def tokens(self) -> int:
        """Of all excerpts, the question with each."""
        return sum(map(len, self.asked)) + sum(map(len, self.excerpts))


@dataclass
class _Cut:
    """A document in excerpts of one size: (source, start, end), their words, and how rare each word
    is.
    """

    places: list[tuple[int, int, int]]
    words: list[frozenset[str]]
    rarity: dict[str, float]


class ExcerptDocument:
    """The contexts of one document with its questions, cut into excerpts when first asked."""

    def __init__(self, sources: list[SourceText], rng: random.Random) -> None:
        self.sources = sources
        asked = [(number, q) for number, source in enumerate(sources) for q in source.questions]
        self.answered = [(number, q) for number, q in asked if q.answered]
        written = [(number, q) for number, q in asked if not q.answered]
        made = [
            (UNKNOWN, SequenceQuestion(text, (), answered=False))
            for text in altered_questions(sources, rng)
        ]
        self.unanswered = written + made
        self.unanswered_share = UNANSWERED_WRITTEN if written else UNANSWERED
        self._cuts: dict[int, _Cut] = {}

    def cut(self, size: int) -> _Cut:
        if size not in self._cuts:
            places = [
                (n, a, b)
                for n, source in enumerate(self.sources)
                for a, b in cut_passages(source.text, size, source.insertions)
            ]
            words = [
                frozenset(WORD.findall(self.sources[n].text[a:b].lower())) for n, a, b in places
            ]
            count = Counter(word for found in words for word in found)
            rarity = {word: math.log(1 + len(words) / times) for word, times in count.items()}
            self._cuts[size] = _Cut(places, words, rarity)
        return self._cuts[size]

    def question(self, rng: random.Random) -> tuple[int, SequenceQuestion]:
        """(its source, the question); the source of one that was made here is UNKNOWN."""
        if self.unanswered and (not self.answered or rng.random() < self.unanswered_share):
            return rng.choice(self.unanswered)
        return rng.choice(self.answered)

    def most_similar(self, cut: _Cut, question: str, owner: int, most: int) -> list[int]:
        """Excerpts that share the rarest words with a question, best first; those of its own source
        count more.
        """
        asked = set(WORD.findall(question.lower()))
        worth = [
            (2.0 if place[0] == owner else 1.0)
            * sum(cut.rarity[w] for w in asked & found)
            / (20 + len(found))
            for place, found in zip(cut.places, cut.words, strict=True)
        ]
        return sorted(range(len(worth)), key=lambda i: -worth[i])[:most]


def asked_excerpts(
    document: ExcerptDocument, tokenizer: ReaderTokenizer, rng: random.Random
) -> AskedExcerpts | None:
    """Draw a question of a document and its excerpts: a right one with wrong ones, or wrong ones
    alone.

    None where it cannot be told which excerpts answer, or where there are none.
    """
    owner, question = document.question(rng)
    size = rng.choice(SIZES_DECIDING if question.verdict else SIZES)
    unmarked = question.answered and not question.spans
    cut = document.cut(WHOLE if unmarked else size)
    holding = _holding(cut, owner, question)
    if unmarked and not holding:
        return None  # one of the excerpts of its text answers, and nobody knows which
    answered = bool(holding) and rng.random() >= DROPPED
    pool = [
        i
        for i in document.most_similar(cut, question.text, owner, 12 + len(holding))
        if i not in holding
    ]
    wrong = (
        rng.choice(WRONG_DECIDING if question.verdict else WRONG)
        if answered
        else rng.choice((1, 2))
    )
    chosen = pool[:1] if wrong and (not answered or rng.random() < 0.6) else []
    chosen += rng.sample(pool[1:], min(len(pool[1:]), wrong - len(chosen)))
    if answered:
        whole = [
            i
            for i in holding
            if any(cut.places[i][1] <= s and e <= cut.places[i][2] for s, e in question.spans)
        ]
        right = rng.sample(
            whole or holding, min(len(whole or holding), 2 if question.several else 1)
        )
        chosen = [*right, *chosen]
    rng.shuffle(chosen)
    return _laid_out(
        document, tokenizer, rng, cut, chosen, owner if answered else UNKNOWN, question, holding
    )


def _holding(cut: _Cut, owner: int, question: SequenceQuestion) -> list[int]:
    """The excerpts with words of the answer; where no words are marked, the only one of a short
    text.
    """
    own = [(i, a, b) for i, (n, a, b) in enumerate(cut.places) if n == owner]
    if question.answered and not question.spans:
        return [own[0][0]] if len(own) == 1 else []
    return [i for i, a, b in own if any(a < e and s < b for s, e in question.spans)]


def _laid_out(
    document: ExcerptDocument,
    tokenizer: ReaderTokenizer,
    rng: random.Random,
    cut: _Cut,
    chosen: list[int],
    owner: int,
    question: SequenceQuestion,
    holding: list[int],
) -> AskedExcerpts | None:
    asked = []
    texts = []
    golds = []
    holds = []
    text = question.text[0].lower() + question.text[1:] if rng.random() < 0.05 else question.text
    start = tokenizer.encode_question(text)
    for number, index in enumerate(chosen):
        n, a, b = cut.places[index]
        source = document.sources[n]
        shown = source.show(a, b)
        ids, offsets = tokenizer.encode_with_offsets(shown.text)
        texts.append(ids[:LONGEST_EXCERPT])
        asked.append(
            [*start, *(tokenizer.encode_heading(source.title) if rng.random() < HEADED else [])]
        )
        found = []
        for s, e in question.spans if n == owner else ():
            if s >= b or e <= a:
                continue
            tokens = covered(offsets, *shown_span(shown, max(s, a), min(e, b)))
            if tokens and tokens[-1] >= LONGEST_EXCERPT:
                return None  # the answer is cut off
            found += [(number, tokens[0], tokens[-1])] if tokens else []
        golds += found
        holds.append(bool(found) or n == owner and not question.spans and index in holding)
    if not texts or not all(texts):
        return None
    right = any(holds)
    return AskedExcerpts(
        asked,
        texts,
        sorted(set(golds)),
        holds,
        question.several,
        FORMS.index(question.form) if question.form else UNKNOWN,
        VERDICTS.index(question.verdict) if question.verdict and right else UNKNOWN,
    )


class ExcerptQuestions:
    """All training documents, or those kept for validation.

    Raises ValueError where no set has a question that can be drawn.
    """

    def __init__(
        self, sets: QuestionSets, tokenizer: ReaderTokenizer, seed: int, *, validation: bool = False
    ) -> None:
        rng = random.Random(seed)
        self.tokenizer = tokenizer
        self.by_set: dict[str, list[ExcerptDocument]] = {}
        for name, sources in groups(sets, seed, validation=validation):
            document = ExcerptDocument(sources, rng)
            if document.answered or document.unanswered:
                self.by_set.setdefault(name.split("-", 1)[0], []).append(document)
        self.sets = [name for name in sets.shares if name in self.by_set]
        self.weights = [sets.shares[name] for name in self.sets]
        if not self.sets and not validation:
            raise ValueError(
                f"no question to train on in {', '.join(map(str, sets.paths.values()))}"
            )
        self.sizes = {
            s: [len(d.answered) + len(d.unanswered) for d in self.by_set[s]] for s in self.sets
        }

    def draw(self, rng: random.Random) -> AskedExcerpts:
        """A question of a set by its share, of a document by its number of questions."""
        while True:
            name = rng.choices(self.sets, self.weights)[0]
            document = rng.choices(self.by_set[name], self.sizes[name])[0]
            found = asked_excerpts(document, self.tokenizer, rng)
            if found is not None:
                return found

    def fixed(self, each: int, seed: int) -> Iterator[AskedExcerpts]:
        """The same questions every time: `each` of every set."""
        rng = random.Random(seed)
        for name in self.sets:
            for _ in range(each):
                document = rng.choices(self.by_set[name], self.sizes[name])[0]
                found = asked_excerpts(document, self.tokenizer, rng)
                if found is not None:
                    yield found


def shown_span(shown: ShownText, start: int, end: int) -> tuple[int, int]:
    """Where the characters `start:end` of the source, within what is shown, are in the text."""

    def moved(offset: int) -> int:
        at, source, _ = shown.runs[bisect_right(shown.runs, offset, key=itemgetter(1)) - 1]
        return at + offset - source

    return moved(start), moved(end - 1) + 1
