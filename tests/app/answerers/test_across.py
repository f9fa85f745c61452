"""One answer out of what several documents answer by themselves."""

from dataclasses import dataclass

import pytest

from docqa.app.answer.answer import Answer, Cite, CoverageReport, EvidenceItem, Quote, Statement, Usage
from docqa.app.answer.events import Finished, ReadProgress
from docqa.app.answer.grades import Grade, Place, Status, Support, Verdict
from docqa.app.answerers.across import ask_across
from docqa.app.answerers.corpus import Corpus
from docqa.app.output.render import answer_text
from docqa.app.reading.wording.across import Across, AcrossQuestion

NAMES = "a.pdf", "b.pdf", "c.pdf"


@dataclass
class Alone:
    """Answers one document's part with `said`, or refuses."""

    name: str
    said: str | None
    verdict: Verdict | None = None

    def ask(self, question, wanted):
        cite = Cite(self.name, 1, "1", None, 0, 9)
        quotes = (Quote(self.said, 0, 1, Grade.EXACT, Place.AS_CITED, (cite,)),) if self.said else ()
        statements = (Statement(self.said, Support.QUOTED, (0,)),) if self.said else ()
        yield ReadProgress(1, 2, 10.0)
        yield ReadProgress(2, 2, 10.0)
        yield Finished(
            Answer(
                Status.ANSWERED if self.said else Status.NOT_FOUND, question, self.said, refused=not self.said,
                verdict=self.verdict, confidence=0.8, statements=statements, quotes=quotes,
                evidence=(EvidenceItem(self.name, 1, "1", 1.0, "words"),), coverage=CoverageReport(2, 2, 1),
                usage=Usage(1, 0, 0.0, False),
            )
        )  # fmt: skip


@pytest.fixture
def ask(document, model):
    def asking(kind, *said, sign=0, asked="Is it?"):
        corpus = Corpus(tuple(document("Words.", path=name) for name in NAMES), model.tokenizer, [])
        each = (words if isinstance(words, tuple) else (words,) for words in said)
        alone = [Alone(name, *words) for name, words in zip(NAMES, each, strict=True)]
        *progress, finished = ask_across(AcrossQuestion(kind, asked, sign), "Which?", corpus, alone)
        assert [event.done == event.total for event in progress] == [False] * 5 + [True]
        assert all(a.done <= b.done for a, b in zip(progress, progress[1:]))
        return finished.answer

    return asking


def test_which_names_the_files_that_say_yes_each_with_its_clause(ask):
    answer = ask(Across.WHICH, ("Yes: it is", Verdict.YES), ("No: it is not", Verdict.NO), None)
    assert answer.answer == "a.pdf: Yes: it is"
    assert [(each.file, each.quotes) for each in answer.statements] == [("a.pdf", (0,))]
    assert answer.question == "Which?" and answer.status is Status.ANSWERED


def test_which_leaves_out_what_answers_in_quite_other_words(ask):
    answer = ask(Across.WHICH, "it rains", "nothing of the kind", None, asked="Does it rain here?")
    assert [each.file for each in answer.statements] == ["a.pdf"]


def test_how_many_says_of_how_many_files(ask):
    answer = ask(Across.COUNT, "it is", None, "so it is")
    assert answer.answer == "2 of 3: a.pdf: it is; c.pdf: so it is"
    lines = answer_text(answer, files=3).splitlines()
    assert lines[:3] == ["2 of 3", "- a.pdf: it is (p. 1)", "- c.pdf: so it is (p. 1)"]


def test_each_names_the_files_that_do_not_say(ask):
    answer = ask(Across.EACH, "May", None, "June")
    assert answer.answer == "a.pdf: May; b.pdf: not stated; c.pdf: June"
    assert "- b.pdf: not stated" in answer_text(answer, files=3).splitlines()


def test_a_comparison_begins_with_what_was_asked_for(ask):
    said = "30 days", "two weeks", "1 month"
    assert str(ask(Across.COMPARE, *said, sign=-1).answer).startswith("b.pdf: two weeks")
    dates = "1 May 2020", "3 March 2021", None
    assert str(ask(Across.COMPARE, *dates, sign=1).answer) == "b.pdf: 3 March 2021; a.pdf: 1 May 2020"


@pytest.mark.parametrize("kind", list(Across))
def test_where_no_file_answers_it_is_not_found(ask, kind):
    answer = ask(kind, None, None, None)
    assert (answer.refused, answer.answer, answer.statements, answer.status) == (True, None, (), Status.NOT_FOUND)
    assert [each.file for each in answer.evidence] == ["a.pdf"]
