"""What the headers of an e-mail say answers who sent it, when, to whom and about what."""

import pytest

from docqa.app.reading.candidates import Candidates, Form
from docqa.app.reading.email_headers import with_header
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document

MAIL = b"From: Ann <ann@pond.example>\nTo: Ben\nDate: Mon, 3 Mar 2025\nSubject: Gates\n\nFrom: here we see the gate.\n"


def mail(path: str = "a.eml") -> Document:
    return read(ReadRequest(path, MAIL))


def answer(question: str, *documents: Document) -> list[str]:
    """The words of the candidates that the headers give."""
    found = with_header(Candidates((), None, 0), question, documents)
    return [documents[c.document].pages[0].text[c.start : c.end] for c in found.candidates]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Who sent the message?", ["Ann <ann@pond.example>"]),
        ("Who wrote this e-mail?", ["Ann <ann@pond.example>"]),
        ("When was the email sent?", ["Mon, 3 Mar 2025"]),
        ("When sent the message?", ["Mon, 3 Mar 2025"]),
        ("Who received the message?", ["Ben"]),
        ("What is the subject?", ["Gates"]),
        ("Who sent the message and when?", ["Ann <ann@pond.example>", "Mon, 3 Mar 2025"]),
        ("Who sent the parcel?", []),
        ("When was the gate sent?", []),
    ],
)
def test_questions_about_headers_are_answered_by_them(question, words):
    assert answer(question, mail()) == words


def test_the_message_is_the_one_that_the_others_are_attached_to():
    assert answer("Who sent the message?", mail(), mail("a.eml/b.eml")) == ["Ann <ann@pond.example>"]
    assert answer("Who sent the message?", mail(), mail("b.eml")) == []
    assert answer("Who sent the message?", read(ReadRequest("a.txt", MAIL))) == []


def test_sender_and_date_are_two_items_with_their_lines_as_quotes():
    document = mail()
    found = with_header(Candidates((), None, 0), "Who sent the message and when?", [document])
    quoted = [item.quoted for item in found.items]
    lines = [document.pages[0].text[span.start : span.end] for span in quoted if span is not None]
    assert found.form == Form.LIST and lines == ["From: Ann <ann@pond.example>", "Date: Mon, 3 Mar 2025"]
