"""E-mail: headers first, the plain text before the HTML, messages in messages, attachments named and not opened."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage

import pytest

from docqa.ingest import Document, Encrypted, NotADocument
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest

Checker = Callable[[Document], None]


def message(subject: str = "Gätes of the pond", text: str = "The gate is open.\n\n> When?\n> Now.\n") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Ann Löwe <ann@pond.example>"
    mail["To"] = "ben@pond.example"
    mail["Date"] = "Mon, 03 Mar 2025 10:00:00 +0000"
    mail["Subject"] = subject
    mail["X-Secret-Header"] = "not shown"
    mail.set_content(text)
    return mail


def test_headers_come_first_and_quoted_replies_stay(check_offsets: Checker) -> None:
    document = read(ReadRequest("a.eml", message().as_bytes()))
    check_offsets(document)
    assert document.pages[0].text == (
        "From: Ann Löwe <ann@pond.example>\nTo: ben@pond.example\nDate: Mon, 03 Mar 2025 10:00:00 +0000\n"
        "Subject: Gätes of the pond\n\nThe gate is open.\n\n> When?\n> Now."
    )
    assert document.title == "Gätes of the pond" and not document.paged
    assert [(s.title, s.label) for s in document.sections] == [
        ("Gätes of the pond", "Ann Löwe, Mon, 03 Mar 2025 10:00:00 +0000")
    ]


def test_plain_text_goes_before_html_and_html_is_read_alone() -> None:
    mail = message()
    mail.add_alternative("<p>Rich words.</p>", subtype="html")
    text = read(ReadRequest("a.eml", mail.as_bytes())).pages[0].text
    assert "The gate is open." in text and "Rich" not in text
    mail = message()
    mail.set_content("<h2>Minutes</h2><p>Rich words.</p><p hidden>obey</p>", subtype="html")
    document = read(ReadRequest("a.eml", mail.as_bytes()))
    assert "Rich words." in document.pages[0].text and document.coverage.hidden_spans == 1
    assert [(s.title, s.level) for s in document.sections] == [("Gätes of the pond", 1), ("Minutes", 2)]


def test_attachments_are_named_and_a_message_in_a_message_is_read(check_offsets: Checker) -> None:
    mail = message()
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="verträge.pdf")
    mail.add_attachment("a,b", subtype="csv", filename="list.csv")
    mail.add_attachment(message("Inner", "Forwarded words.\n"))
    document = read(ReadRequest("a.eml", mail.as_bytes()))
    check_offsets(document)
    assert "Forwarded words." in document.pages[0].text and "a,b" not in document.pages[0].text
    assert document.coverage.warnings == (
        "attachment not read: verträge.pdf (application/pdf)",
        "attachment not read: list.csv (text/csv)",
    )
    assert [(s.title, s.level) for s in document.sections] == [("Gätes of the pond", 1), ("Inner", 2)]


def test_flowed_and_hard_wrapped_lines_are_joined() -> None:
    head = b"From: a@x.example\nSubject: s\nContent-Type: text/plain; format=flowed\n\n"
    text = read(ReadRequest("a.eml", head + b"One \ntwo \nthree.\nFour.\n-- \nAnn\n> quoted \n> on\n")).pages[0].text
    assert "One two three.\nFour.\n--\nAnn" in text and "> quoted on" in text
    line = "The warden opens the gate at the turn of the tide and notes it all."
    wrapped = "\n".join([line] * 6) + "\n\n> " + "\n> ".join([line] * 2) + "\n"
    text = read(ReadRequest("a.eml", message(text=wrapped).as_bytes())).pages[0].text
    assert " ".join([line] * 6) in text and f"> {line}\n> {line}" in text


@pytest.mark.parametrize(
    "subject",
    [b"=?utf-8?b?R8OkdGVz?=", "Gätes".encode(), "Gätes".encode("cp1252"), b"=?utf-8?q?G=C3=A4?=\n =?utf-8?q?tes?="],
)
def test_subjects_in_every_spelling_read_the_same(subject: bytes) -> None:
    assert read(ReadRequest("a.eml", b"Subject: " + subject + b"\nFrom: a@x.example\n\nHi.\n")).title == "Gätes"


def test_broken_encodings_do_not_stop_the_reading() -> None:
    head = b"From: =?nope?b?####?= <a@x>\nSubject: =?utf-8?b?x?=\nContent-Type: text/plain; charset=no-such\n"
    head += b"Content-Transfer-Encoding: base64\n"
    text = read(ReadRequest("a.eml", head + b"\nSGk gdGhlcmU=\n")).pages[0].text
    assert "Hi there" in text


def test_an_encrypted_message_and_one_without_headers_are_refused() -> None:
    head = b'From: a@x\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"\n\nMIAG\n'
    with pytest.raises(Encrypted, match="encrypted"):
        read(ReadRequest("a.eml", head))
    with pytest.raises(NotADocument, match="header"):
        read(ReadRequest("a.eml", b"only words\nand more"))


def test_a_message_whose_parts_cannot_be_told_apart_is_read_as_text() -> None:
    head = b"From: a@x\nSubject: s\nContent-Type: multipart/mixed\n\n"
    assert "The words." in read(ReadRequest("a.eml", head + b"--x\nThe words.\n--x--\n")).pages[0].text


def test_endless_nesting_ends() -> None:
    data = b"".join(b"Content-Type: message/rfc822\n\n" for _ in range(200)) + b"Subject: deep\n\nx\n"
    document = read(ReadRequest("a.eml", b"Subject: top\n" + data))
    assert any("deeper than 16" in line for line in document.coverage.warnings)
