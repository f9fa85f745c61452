"""One answer out of what several documents answer by themselves."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from docqa.app.answer.answer import (
    Answer,
    Cite,
    CoverageReport,
    EvidenceItem,
    Quote,
    Statement,
    Usage,
)
from docqa.app.answer.confidence import log_odds
from docqa.app.answer.events import DocumentAnswered, Finished, ReadProgress
from docqa.app.answer.grades import Grade, Place, Status, Support, Verdict
from docqa.app.answerers.across import ask_documents_separately
from docqa.app.answerers.corpus import Corpus
from docqa.app.output.render import answer_text
from docqa.app.reading.wording.across import PerDocumentQuestion
from docqa.model.heads.question_heads import QuestionKind

NAMES = "a.pdf", "b.pdf", "c.pdf"


@dataclass
class Alone:
    """Answers one document's part with `said`, or refuses; `agrees`: how likely what is asked
    holds.
    """

    name: str
    said: str | None
    agrees: float = 0.9
    verdict: Verdict | None = None
    behind: float = 0.0  # the weight of how far it is after the likeliest
    reading = SimpleNamespace(total_tokens=2)
    finder = SimpleNamespace(similarity_of_best=lambda question: 0.5)
    corpus = SimpleNamespace(missing_words=lambda question: ())

    @property
    def model(self):
        fitted = {"features": ["yes", "yes_behind"], "weights": [1.0, self.behind], "bias": 0.0}
        return SimpleNamespace(calibration={"agrees": fitted})

    def reader_signals(self, question):
        return {"yes": log_odds(self.agrees)}

    def ask(self, question, wanted, include_unlikely):
        cite = Cite(self.name, 1, "1", None, 0, 9)
        quotes = (
            (Quote(self.said, 0, 1, Grade.EXACT, Place.AS_CITED, (cite,)),) if self.said else ()
        )
        statements = (Statement(self.said, Support.QUOTED, (0,)),) if self.said else ()
        yield ReadProgress(1, 2, 10.0)
        yield ReadProgress(2, 2, 10.0)
        yield Finished(
            Answer(
                Status.ANSWERED if self.said else Status.NOT_FOUND,
                question,
                self.said,
                refused=not self.said,
                verdict=self.verdict,
                confidence=0.8,
                statements=statements,
                quotes=quotes,
                evidence=(EvidenceItem(self.name, 1, "1", 1.0, "words"),),
                coverage=CoverageReport(2, 2, 1),
                usage=Usage(1, 0, 0.0, False),
            )
        )


@pytest.fixture
def ask(document, model):
    def asking(kind, *said):
        corpus = Corpus(tuple(document("Words.", path=name) for name in NAMES), model.tokenizer, [])
        each = (words if isinstance(words, tuple) else (words,) for words in said)
        alone = [Alone(name, *words) for name, words in zip(NAMES, each, strict=True)]
        *before, finished = ask_documents_separately(
            PerDocumentQuestion(kind, "Is it?"), "Which?", corpus, alone, range(len(alone))
        )
        progress = [event for event in before if isinstance(event, ReadProgress)]
        assert [event.done == event.total for event in progress] == [False] * 5 + [True]
        assert all(a.done <= b.done for a, b in zip(progress, progress[1:]))
        told = [event.path for event in before if isinstance(event, DocumentAnswered)]
        assert set(told) <= {each.file for each in finished.answer.statements}
        return finished.answer

    return asking


def test_which_names_the_files_for_which_it_holds_each_with_its_clause(ask):
    answer = ask(
        QuestionKind.WHICH, ("it is", 0.9, Verdict.YES), ("it is not", 0.2), ("it may be", 0.4)
    )
    assert answer.answer == "1 of 3: a.pdf: it is"
    assert "not so, or not stated: b.pdf, c.pdf" in answer.coverage.warnings
    assert [(each.file, each.quotes) for each in answer.statements] == [("a.pdf", (0,))]
    assert answer.question == "Which?" and answer.status is Status.ANSWERED
    assert answer.confidence == pytest.approx(0.9 * 0.8 * 0.6)  # that it is these and no others


def test_a_file_far_behind_the_likeliest_is_not_named(ask):
    answer = ask(
        QuestionKind.WHICH,
        ("it is", 0.9, None, 1.0),
        ("it may be", 0.7, None, 1.0),
        (None, 0.1, None, 1.0),
    )
    assert [each.file for each in answer.statements] == ["a.pdf"]


def test_what_may_hold_for_a_file_is_possible(ask):
    answer = ask(QuestionKind.WHICH, ("it is not", 0.1), ("it may be", 0.2), None)
    assert (answer.refused, answer.status, answer.confidence) == (True, Status.POSSIBLE, 0.2)
    assert answer.evidence[0].file == "b.pdf"


def test_how_many_says_of_how_many_files(ask):
    answer = ask(QuestionKind.COUNT, "it is", (None, 0.1), "so it is")
    assert answer.answer == "2 of 3: a.pdf: it is; c.pdf: so it is"
    lines = answer_text(answer, files=3).splitlines()
    assert lines[:3] == ["2 of 3", "- a.pdf: it is (p. 1)", "- c.pdf: so it is (p. 1)"]


def test_each_names_the_files_that_do_not_say(ask):
    answer = ask(QuestionKind.EACH, "May", None, "June")
    assert answer.answer == "a.pdf: May; b.pdf: not stated; c.pdf: June"
    assert answer.status is Status.PARTIAL and answer.coverage.tokens_read > 0
    assert "- b.pdf: not stated" in answer_text(answer, files=3).splitlines()


def test_a_comparison_begins_with_what_was_asked_for(ask):
    said = "30 days", "two weeks", "1 month"
    assert str(ask(QuestionKind.LEAST, *said).answer).startswith("b.pdf: two weeks")
    dates = "1 May 2020", "3 March 2021", None
    assert (
        str(ask(QuestionKind.MOST, *dates).answer)
        == "b.pdf: 3 March 2021; a.pdf: 1 May 2020; c.pdf: not stated"
    )


@pytest.mark.parametrize("kind", [kind for kind in QuestionKind if kind is not QuestionKind.ONE])
def test_where_no_file_answers_it_is_not_found(ask, kind):
    answer = ask(kind, None, None, None)
    assert (answer.refused, answer.answer, answer.statements, answer.status) == (
        True,
        None,
        (),
        Status.NOT_FOUND,
    )
    assert [each.file for each in answer.evidence] == ["a.pdf"]
