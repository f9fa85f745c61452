"""A conversation over a scripted session: numbers of quotes, pages, stopping, and what is kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from docqa.app.answer.answer import Answer, Cite, CoverageReport, EvidenceItem, Quote, Usage
from docqa.app.answer.events import Event, Finished, Preview, ReadProgress
from docqa.app.answer.grades import Grade, Place, Status
from docqa.app.chat import slash
from docqa.app.chat.conversation import ChatConversation
from docqa.app.errors import InputError, UsageError
from docqa.app.history.history import History
from docqa.app.history.recorder import Recorder
from docqa.app.history.records import NEXT_BEST
from docqa.app.storage.store import Store
from docqa.ingest.types import Document, Section

END = "And when does it end? (When does the lease begin: The lease begins on 1 April 2021.)"
TEXTS = (
    "The lease begins on 1 April 2021.\nIt ends on 31 March 2025.",
    "The rent is 1,200 dollars a month.\x1b[31m",
    "The keeper is Alder.",
)


@dataclass
class Scripted:
    """Answers every question with the sentence of the documents that `answers` names, or
    refuses.
    """

    documents: tuple[Document, ...]
    answers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    passed_over: list[int] = field(default_factory=list)
    writing: Any = None
    has_begun: bool = True

    def ask(self, question: str) -> Iterator[Event]:
        self.asked.append(question)
        yield ReadProgress(1, 2)
        yield Preview(replace(self._answer(question), status="partial"))
        yield ReadProgress(2, 2)
        yield Finished(self._answer(question))

    def answer(self, question: str) -> Answer:
        return self._answer(question)

    def read(self) -> Iterator[Event]:
        yield ReadProgress(2, 2)

    def is_follow_up(self, question: str) -> bool:
        return question.startswith("And")

    def ask_again(self, question: str, without: list[Quote], nearest: int = 0) -> Answer:
        self.passed_over.append(nearest)
        left = [
            words
            for words in self.answers.values()
            if words not in [quote.text for quote in without]
        ]
        return self._answer(question, left[0] if left else "")

    def _answer(self, question: str, words: str | None = None) -> Answer:
        said = self.answers.get(question, "") if words is None else words
        quotes = (self._quote(said),) if said else ()
        return Answer(
            "answered" if said else "not_found",
            question,
            said or None,
            not said,
            0.9,
            quotes,
            (EvidenceItem("a.pdf", 1, "i", 1.0, TEXTS[0]),),
            CoverageReport(9, 9, 3),
            Usage(9, 0, 0.1, False),
        )

    def _quote(self, words: str) -> Quote:
        document, page = next((d, p) for d in self.documents for p in d.pages if words in p.text)
        start = page.text.index(words)
        cite = Cite(
            document.path,
            page.page if document.paged else None,
            page.label,
            None,
            start,
            start + len(words),
        )
        return Quote(words, 0, len(words), Grade.EXACT, Place.AS_CITED, (cite,))


@pytest.fixture
def documents(document: Callable[..., Document]) -> tuple[Document, ...]:
    """A paged lease with labels i, 1, 2, and notes without pages but with sections."""
    text = "Rules\nNobody shouts.\nHours\nThe door closes at nine.\nEnd\nNothing follows."
    sections = tuple(
        Section(str(at), None, title, 1, 1, text.index(title), "markup", 1.0, None, f"§ {at}")
        for at, title in enumerate(("Rules", "Hours", "End"), start=1)
    )
    lease = document(*TEXTS, path="folder/lease.pdf", labels=("i", "1", "2"))
    return lease, document(text, path="notes.md", paged=False, sections=sections)


@pytest.fixture
def session(documents: tuple[Document, ...]) -> Scripted:
    return Scripted(
        documents,
        {
            "When does the lease begin?": "The lease begins on 1 April 2021.",
            END: "It ends on 31 March 2025.",
            "When does the door close?": "The door closes at nine.",
        },
    )


@pytest.fixture
def conversation(session: Any, store: Store) -> Iterator[ChatConversation]:
    recorder = Recorder(store, "chat", session.documents, pytest.fail)
    yield ChatConversation(session, recorder, [])
    recorder.close()


def ask(conversation: ChatConversation, question: str) -> Answer:
    *_, last = conversation.ask(question, conversation.understood(question))
    assert isinstance(last, Finished)
    return last.answer


def test_a_follow_up_is_asked_whole_and_kept_with_both_forms(conversation, session, store):
    ask(conversation, "When does the lease begin?")
    ask(conversation, "And when does it end?")
    assert session.asked == ["When does the lease begin?", END]
    with History(store) as history:
        first, second = history.turns(1)
    assert (first.understood, second.question, second.understood) == (
        "",
        "And when does it end?",
        session.asked[1],
    )
    assert second.pages[0].text == TEXTS[0]


def test_a_follow_up_with_a_surer_answer_is_asked_alone(conversation, session):
    session.answers["And what is the rent?"] = TEXTS[1].partition("\x1b")[0]
    ask(conversation, "When does the lease begin?")
    assert ask(conversation, "And what is the rent?").answer == "The rent is 1,200 dollars a month."
    assert conversation.turns[-1].understood == ""
    session.answer = pytest.fail
    evidence = SimpleNamespace(own=SimpleNamespace(preview=session._answer))
    session.writing = SimpleNamespace(evidence=evidence)
    assert conversation.understood("And what is the rent?") == "And what is the rent?"


def test_an_answer_that_is_stopped_keeps_its_preview_and_is_asked_anew(
    conversation, session, store
):
    events = conversation.ask("When does the lease begin?", "When does the lease begin?")
    for _ in range(2):
        next(events)
    events.close()
    with History(store) as history:
        (turn,) = history.turns(1)
    assert (turn.state, turn.status) == ("stopped", "partial")
    *_, last = conversation.ask_again()
    assert isinstance(last, Finished) and last.answer.status == "answered"
    assert len(session.asked) == 2


def test_retry_goes_from_the_next_best_to_nothing_else(conversation, session):
    ask(conversation, "When does the lease begin?")
    given = []
    for _ in range(3):
        (event,) = conversation.ask_again()
        assert isinstance(event, Finished)
        given.append(event.answer.answer)
    assert given == ["It ends on 31 March 2025.", "The door closes at nine.", None]
    assert [turn.note for turn in conversation.turns] == ["", NEXT_BEST, NEXT_BEST, NEXT_BEST]


def test_retry_of_what_was_possible_is_not_possible_again(conversation, session, monkeypatch):
    refuse = session._answer
    monkeypatch.setattr(
        session, "_answer", lambda *asked: replace(refuse(*asked), status=Status.POSSIBLE)
    )
    assert ask(conversation, "Who signed it?").status == Status.POSSIBLE
    list(conversation.ask_again())
    assert session.passed_over == [3]
    assert [turn.status for turn in conversation.turns] == ["possible", "not_found"]


def test_quotes_are_numbered_through_and_can_be_pasted(conversation):
    assert slash.quote(conversation, "") == "No quote yet."
    ask(conversation, "When does the lease begin?")
    ask(conversation, "When does the door close?")
    ask(conversation, "Who shouts at midnight?")
    assert (
        slash.quote(conversation, "")
        == "“The door closes at nine.” (notes.md, characters 27 to 51)"
    )
    assert (
        slash.quote(conversation, "1")
        == "“The lease begins on 1 April 2021.” (lease.pdf, p. i (PDF 1))"
    )
    for number in ("0", "3", "x", "²"):
        with pytest.raises(UsageError, match="no quote"):
            slash.quote(conversation, number)


def test_pages_lists_what_was_cited_in_the_order_of_the_documents(conversation):
    assert slash.pages(conversation, "") == "No page is cited yet."
    for question in (
        "When does the door close?",
        "When does the lease begin?",
        "And when does it end?",
    ):
        ask(conversation, question)
    found = slash.pages(conversation, "").splitlines()
    assert found == ["lease.pdf, p. i (PDF 1): quotes 2, 3", "notes.md, text: quote 1"]


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        (
            "i",
            "lease.pdf, p. i (PDF 1)\n\nThe lease begins on 1 April 2021.\nIt ends on 31 March 2025.",
        ),
        (
            "1",
            "lease.pdf, p. 1 (PDF 2)\n\nThe rent is 1,200 dollars a month.[31m",
        ),  # the label, not the first page
        ("3", "lease.pdf, p. 2 (PDF 3)\n\nThe keeper is Alder."),  # no such label: the third page
        ("hours", "notes.md, Hours\n\nHours\nThe door closes at nine."),
        ("§ 3", "notes.md, End\n\nEnd\nNothing follows."),
    ],
)
def test_a_page_is_found_by_its_label_its_number_or_its_section(conversation, label, shown):
    assert slash.pages(conversation, label) == shown


def test_a_page_that_there_is_not_is_named(conversation):
    with pytest.raises(InputError, match="no document has a page or section 77"):
        slash.pages(conversation, "77")


def test_nothing_is_saved_of_nothing(conversation):
    with pytest.raises(UsageError, match="no question to save"):
        slash.save(conversation, "x.md")


def test_a_question_that_failed_is_kept_with_its_reason_and_resolves_nothing(conversation, store):
    ask(conversation, "When does the lease begin?")
    conversation.add(
        "Where is the moon?", "Where is the moon?", None, "failed", "not enough memory"
    )
    assert conversation.understood("And when does it end?") == END
    with History(store) as history:
        assert [turn.note for turn in history.turns(1)] == ["", "not enough memory"]
    assert len(conversation.quotes()) == 1
