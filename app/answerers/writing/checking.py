"""What a model wrote against the documents: every statement with the quotes that bear it out, and
how far they do.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from docqa.app.answer.confidence import Signals
from docqa.app.answer.events import Event, Notice
from docqa.app.answer.grades import Place, Support
from docqa.app.answer.text import abridged_name_list, clip, one_line
from docqa.app.evidence.terms import count_content_words
from docqa.app.quotes.align import find_whole
from docqa.app.quotes.normalise import fold
from docqa.app.quotes.quoting import span_to_quote
from docqa.app.quotes.verifier import (
    CitedPlace,
    Located,
    LocatedSpans,
    QuoteVerdict,
    is_too_short_quote,
)

from ..answerer import Reply, Replying, Stopped
from ..corpus import Corpus
from ..remote.stream import RemoteError
from .answers import ReadQuestion, SentenceRun, chance_and_runs_that_answer, claim_after_verdict
from .candidates import CandidateSentences
from .excerpts import Given, text_around
from .literal import Differences, has_denial, literal_differences
from .replies import STOPPED
from .statements import (
    Written,
    WrittenStatement,
    plain_line,
    starts_with_verdict,
)
from .support import Evidence, Judge, judge_statements

_LONGEST_NOTE = 160
_MOST_NAMED = 5
_SAME_MATTER = 0.5
_FEW = 5  # words of an answer that is no sentence, and may stand in many places
_MOST_ASKED = 8  # statements of a reply that may be what answers
_MOST_SEEN = 2
_MOST_LIKELY = 4
_EACH_MORE = 0.02  # what each further sentence has to add to the belief
_APART = "\n\n"  # between the quotes of a statement, so that they are not read as one sentence
_LEAST_QUOTATION = (
    4  # words from which what stands between quotation marks claims to be the document's own
)


@dataclass
class CheckedStatement:
    """A statement, what bears it out (each of `quotes` one place, or two over a page's end), and
    how far. `moved`: found elsewhere than cited; `signals`: of the sentences that may say that it
    answers. Mutable while checked."""

    written: WrittenStatement
    support: Support = Support.UNSUPPORTED
    quotes: list[LocatedSpans] = field(default_factory=list)
    moved: bool = False
    signals: list[Signals] = field(default_factory=list)
    verdicts: list[tuple[str, QuoteVerdict]] = field(default_factory=list)

    @property
    def invented_quotations(self) -> list[str]:
        """Words between quotation marks that stand so in no document."""
        return [
            said
            for said, found in self.verdicts
            if not found.verified and len(said.split()) >= _LEAST_QUOTATION
        ]


@dataclass(frozen=True)
class CheckedText:
    """`text` and its statements in order; `notes`: on how it was written; `answers`: the chance, 0
    to 1, that it answers the question, 1 where none was asked."""

    text: str
    statements: tuple[CheckedStatement, ...]
    notes: tuple[str, ...] = ()
    answers: float = 1.0

    @property
    def weak_statements(self) -> list[CheckedStatement]:
        """The statements that no quote bears out, or that one contradicts."""
        return [
            item
            for item in self.statements
            if item.support in (Support.UNSUPPORTED, Support.CONTRADICTED)
        ]

    @property
    def good_statements(self) -> list[CheckedStatement]:
        """The statements that were cut from a page or are supported."""
        return [item for item in self.statements if item.support.is_full_support]


def check_text(
    written: Written,
    given: Given,
    corpus: Corpus,
    question: str,
    judge: Judge,
    asked: ReadQuestion | None = None,
    pool: Given | None = None,
) -> CheckedText:
    """Look up what every statement of `written` cites, and judge it; where that does not bear it
    out, look in `pool`, by default the sentences that the model was given. With `asked` something
    has to answer; where nothing does, all is supported in part at most."""
    return _ReplyCheck(given, corpus, question, judge, asked, pool or given).check_statements(
        written
    )


MENDING = "the model is asked to cite or withdraw what no quote supports"
Checked = tuple[
    CheckedText | None, tuple[str, ...]
]  # (a reply, None where it states nothing; what to say of it)


def check_and_mend(
    reply: Reply,
    check: Callable[[Reply], Checked],
    again: Callable[[str, Sequence[str]], Replying],
    stopped: Stopped = bool,
) -> Generator[Event, None, Checked]:
    """The better of `reply` and what the model makes of it, shown what nothing bears out. `again`:
    has it write again, told its weak sentences. Nothing is mended once `stopped`."""
    checked, notes = check(reply)
    if (
        not checked
        or stopped()
        or not (weak := checked.weak_statements if checked.good_statements else checked.statements)
    ):
        return checked, notes
    try:
        second_reply = yield from again(reply.text, [item.written.plain for item in weak])
    except RemoteError as error:  # the first reply is there, whatever becomes of the second
        yield Notice(f"{error}; its first answer is kept")
        return checked, notes
    if stopped():  # half of a second reply says less than the whole first one
        return checked, (*notes, STOPPED)
    second, more = check(second_reply)
    return (second, more) if is_better_reply(second, checked) else (checked, notes)


def is_better_reply(second: CheckedText | None, first: CheckedText) -> bool:
    """Whether the second reply is to be taken: it states something that is borne out where the
    first does not, or no less of that and less that is not. None: the model withdrew all, which
    counts where nothing of the first was borne out."""
    if not second:
        return not first.good_statements
    if not first.good_statements:
        return bool(second.good_statements)
    return len(second.good_statements) >= len(first.good_statements) and len(
        second.weak_statements
    ) < len(first.weak_statements)


@dataclass
class _ReplyCheck:
    given: Given
    corpus: Corpus
    question: str
    judge: Judge
    asked: ReadQuestion | None
    pool: Given

    def __post_init__(self) -> None:
        self.candidates = CandidateSentences(self.pool, self.corpus.context, self.corpus.word_index)

    def check_statements(self, written: Written) -> CheckedText:
        found = [CheckedStatement(statement) for statement in written.statements]
        for item in found:
            cited = next(iter(self._sentences_cited_by_number(item)), None)
            hint = CitedPlace(cited.document, cited.page, cited.start) if cited else None
            item.verdicts = [
                (words, self.corpus.verifier.verify(words, hint))
                for words in item.written.quotations
            ]
        self._judge_by_evidence([item for item in found if not self._is_quoted(item)])
        answers = self._require_answer_to_question(found, self.asked) if self.asked else 1.0
        for item in found:
            if not item.verdicts:
                item.quotes = self.candidates.without_needless_quotes(
                    self._self_contained_claim(item.written), item.quotes
                )
            if item.invented_quotations and item.support.is_full_support:
                item.support = Support.PARTLY
        notes = []
        if numbers := sorted(
            {
                n
                for item in found
                for n in item.written.numbers
                if not self.given.sentence_location(n)
            }
        ):
            notes.append(
                f"the model cites what it was not given: {abridged_name_list([f'[{n}]' for n in numbers], _MOST_NAMED)}"
            )
        invented = dict.fromkeys(
            clip(words, _LONGEST_NOTE) for item in found for words in item.invented_quotations
        )
        notes += [f"between quotation marks, and in no document: {words}" for words in invented]
        return CheckedText(written.text, tuple(found), tuple(notes), answers)

    # What is cut from a page

    def _is_quoted(self, item: CheckedStatement) -> bool:
        """Whether a statement is the documents' own words, alone or between quotation marks."""
        verified = [verdict for _, verdict in item.verdicts if verdict.verified]
        long = any(not is_too_short_quote(words) for words, _ in item.verdicts)
        if item.written.only_quoted and long and len(verified) == len(item.verdicts):
            # The sentence around a place; what goes over a page's end stays as it is.
            places = (verdict.spans for verdict in verified)
            quotes = [
                (self._sentence_around(spans[0]),) if len(spans) == 1 else spans for spans in places
            ]
            self._set_quotes_and_support(item, quotes, Support.QUOTED)
            item.moved = any(verdict.place is Place.MOVED for verdict in verified)
            return True
        # Its words stand as they are in a sentence, among cited ones first; a word or two there
        # alone. A part of a sentence whose denial was left out is not the document's statement.
        said = plain_line(item.written.text).strip(" \"“”'‘’")
        wanted = fold(said).text.strip().rstrip(".;,:!")
        if not any(map(str.isalnum, wanted)) or not count_content_words(said):
            return False
        cited = [
            *self._sentences_cited_by_number(item),
            *(span for verdict in verified for span in verdict.spans),
        ]
        short = is_too_short_quote(said) or len(said.split()) <= _FEW
        few = len(wanted.split()) <= _FEW
        for place in cited if short else (*cited, *self.pool.sentences):
            sentence = self._sentence_around(place)
            shown = fold(self._text_at(sentence)).text
            if find_whole(shown, wanted) and (
                few or has_denial(wanted) or not has_denial(shown.replace(wanted, " ", 1))
            ):
                self._set_quotes_and_support(item, [(sentence,)], Support.QUOTED)
                return True
        return False

    # What is borne out

    def _judge_by_evidence(self, items: Sequence[CheckedStatement]) -> None:
        """Judge statements by what they cite, one quote where one suffices, and the rest by the
        sentences nearest to it."""
        for runs_of in (self._runs_cited_by_statement, self._runs_nearest_to_statement):
            tried = [
                (item, run)
                for item in items
                if not item.support.is_full_support
                for run in runs_of(item)
            ]
            claims = [self._self_contained_claim(item.written) for item, _ in tried]
            evidence = [self._evidence_for_judge([*chain(*run)]) for _, run in tried]
            for (item, run), new in zip(
                tried, judge_statements(self.judge, claims, evidence), strict=True
            ):
                # A run that says more of a statement than what it has; fewer sentences are
                # preferred.
                better = new is Support.PARTLY and item.support is Support.UNSUPPORTED
                if (
                    new is Support.CONTRADICTED
                    and len(run) == 1
                    and item.support is Support.UNSUPPORTED
                ):
                    better = (
                        self.candidates.share_of_words_in_places(item.written.plain, run[0])
                        >= _SAME_MATTER
                    )
                if better or new.is_full_support and not item.support.is_full_support:
                    item.support = new
                    item.quotes = run
                    item.moved = runs_of == self._runs_nearest_to_statement and bool(
                        item.written.numbers
                    )

    def _runs_cited_by_statement(self, item: CheckedStatement) -> list[list[LocatedSpans]]:
        """The sentences that are cited by number, those around the quotations that were found, and
        all together.
        """
        found: list[LocatedSpans] = [(place,) for place in self._sentences_cited_by_number(item)]
        for _, verdict in item.verdicts:
            if verdict.spans and (verdict.verified or not found):
                found.append(tuple(self._sentence_around(span) for span in verdict.spans))
        found = list(dict.fromkeys(found))
        return [*([spans] for spans in found), *([found] if len(found) > 1 else [])]

    def _runs_nearest_to_statement(self, item: CheckedStatement) -> list[list[LocatedSpans]]:
        return [
            [(place,) for place in run]
            for run in self.candidates.most_likely_runs(self._self_contained_claim(item.written))
        ]

    def _sentences_cited_by_number(self, item: CheckedStatement) -> list[Located]:
        return [
            place
            for number in item.written.numbers
            if (place := self.given.sentence_location(number))
        ]

    def _require_answer_to_question(
        self, found: Sequence[CheckedStatement], asked: ReadQuestion
    ) -> float:
        """What answers the question is supported by the sentences that say so; where nothing does,
        what is borne out is still no answer. Returns the chance that something does."""
        best = 0.0
        for item in found[:_MOST_ASKED]:
            words = f"{item.written.lead.rstrip(':')} {item.written.plain}".strip()
            chance, saying, item.signals = chance_and_runs_that_answer(
                asked, words, self._sentence_runs_that_may_answer(item, words, asked)
            )
            best = max(best, chance)
            if (
                saying
                and chance >= asked.least_chance_of_answer
                and not (item.support.is_full_support and item.written.numbers)
            ):
                run = self._run_that_judge_believes_most(words, saying)
                item.moved = bool(item.written.numbers) and not set(run.places) & set(
                    self._sentences_cited_by_number(item)
                )
                copied = find_whole(fold(run.text).text, fold(words).text.strip().rstrip(".;,:!"))
                support = (
                    Support.QUOTED
                    if copied and not claim_after_verdict(words, asked.question)[1]
                    else Support.SUPPORTED
                )
                self._set_quotes_and_support(item, [(place,) for place in run.places], support)
        for item in found:
            if item.support.is_full_support and best < asked.least_chance_of_answer:
                item.support = Support.PARTLY
        return best

    def _run_that_judge_believes_most(
        self, words: str, saying: Sequence[tuple[float, SentenceRun]]
    ) -> SentenceRun:
        """Of sentences that say it those that the judge believes most; fewer are preferred."""
        claim, bare = claim_after_verdict(words, self.question)
        judged = self.judge(
            [self.question if bare else claim] * len(saying), [run.text for _, run in saying]
        )
        worth = [
            chance
            + said[Support.SUPPORTED]
            + 0.5 * said.get(Support.PARTLY, 0.0)
            - _EACH_MORE * len(run.places)
            for (chance, run), said in zip(saying, judged, strict=True)
        ]
        return saying[worth.index(max(worth))][1]

    def _sentence_runs_that_may_answer(
        self, item: CheckedStatement, words: str, asked: ReadQuestion
    ) -> list[SentenceRun]:
        """Sentences that may say that a statement answers: the cited ones, those near its words,
        the reader's.
        """
        claim, bare = claim_after_verdict(words, asked.question)
        numbers = [
            number
            for place in asked.places
            if (number := self.pool.sentence_number_at(place)) is not None
        ]
        likely = [self.pool.sentences[number - 1] for number in dict.fromkeys(numbers)]
        cited = self._sentences_cited_by_number(item)
        near = self.candidates.most_likely_runs(f"{self.question} {claim}")[:_MOST_SEEN]
        runs = [
            *([cited] if cited else []),
            *([] if bare else self.candidates.most_likely_runs(claim)),
            *near,
        ]
        runs += [[place] for place in likely[:_MOST_LIKELY]]
        said = self.question if bare else claim
        found = list[SentenceRun]()
        for places in dict.fromkeys(map(tuple, runs)):
            evidence = self._evidence_for_judge(places)
            differs = literal_differences(said, evidence.quoted, evidence.around)
            differs = Differences(numbers=differs.numbers) if bare else differs
            found.append(
                SentenceRun(
                    places,
                    evidence.quoted,
                    self.candidates.share_of_words_in_places(said, places),
                    differs,
                )
            )
        return found

    def _evidence_for_judge(self, places: Sequence[Located]) -> Evidence:
        near = " ".join(text_around(self.corpus.context, place) for place in places[:2])
        return Evidence(_APART.join(map(self._text_at, places)), near)

    def _self_contained_claim(self, statement: WrittenStatement) -> str:
        """The statement as it can be judged alone: an item with the line above its list, a few
        words with the question."""
        words = starts_with_verdict(statement.plain)[1] or statement.plain
        if statement.lead:
            return f"{statement.lead.rstrip(':')} {words}"
        return f"{self.question.rstrip('?')}: {words}" if is_too_short_quote(words) else words

    # Parts

    def _set_quotes_and_support(
        self, item: CheckedStatement, quotes: Sequence[LocatedSpans], support: Support
    ) -> None:
        item.support = support
        item.quotes = list(dict.fromkeys(quotes))

    def _sentence_around(self, place: Located) -> Located:
        """The sentence, or of a long one the clause, around a place."""
        if place in self.given.places or place in self.pool.places:
            return place
        page = self.corpus.documents[place.document].pages[place.page - 1]
        span = span_to_quote(page.text, place.start, place.end)
        return Located(place.document, place.page, span.start, span.end)

    def _text_at(self, place: Located) -> str:
        return one_line(place.text_in(self.corpus.documents))
