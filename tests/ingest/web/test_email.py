"""E-mail: headers first, plain text before HTML, earlier messages told apart, attachments as
documents of their own.
"""

from collections.abc import Callable
from email.message import EmailMessage

import pytest

from docqa.ingest.errors import Encrypted, NotADocument
from docqa.ingest.read import find_documents
from docqa.ingest.types import Document
from tests.ingest.reading import first_page, first_text, read_bytes
from tests.ingest.zipped import zip_of

Checker = Callable[[Document], None]


def message(
    subject: str = "Gätes of the pond", text: str = "The gate is open.\n\n> When?\n> Now.\n"
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Ann Löwe <ann@pond.example>"
    mail["To"] = "ben@pond.example"
    mail["Date"] = "Mon, 03 Mar 2025 10:00:00 +0000"
    mail["Subject"] = subject
    mail["X-Secret-Header"] = "not shown"
    mail.set_content(text)
    return mail


def test_headers_come_first_and_a_quoted_reply_is_told_from_new_text(check_offsets):
    said = (
        "The gate is open.\n\nOn Sunday Ben <ben@pond.example>\nwrote:\n> When?\n>> Ever?\n\nAnn\n"
    )
    document = read_bytes("a.eml", message(text=said).as_bytes())
    check_offsets(document)
    assert first_text(document) == (
        "From: Ann Löwe <ann@pond.example>\nTo: ben@pond.example\nDate: Mon, 03 Mar 2025 10:00:00 +0000\n"
        "Subject: Gätes of the pond\n\nThe gate is open.\n\nOn Sunday Ben <ben@pond.example>\nwrote:\n\nWhen?\n\n"
        "Ever?\n\nAnn"
    )
    assert document.title == "Gätes of the pond" and not document.paged
    label = "Ann Löwe, Mon, 03 Mar 2025 10:00:00 +0000"
    assert [(s.title, s.label, s.level) for s in document.sections] == [
        ("Gätes of the pond", label, 1),
        (
            "Quoted: On Sunday Ben <ben@pond.example> wrote",
            "quoted: On Sunday Ben <ben@pond.example> wrote",
            2,
        ),
        ("Quoted message", "quoted message", 3),
        ("(continued)", label, 2),
    ]
    assert [block.kind for block in document.pages[0].blocks] == [
        "para",
        "para",
        "para",
        "quoted",
        "quoted",
        "para",
    ]


def test_headers_in_the_text_begin_an_earlier_message():
    said = "Agreed.\n\n-----Original Message-----\nFrom: Ben\nSent: Sunday\nTo: Ann\nSubject: Gates\n\nWhen?\n\n"
    said += "________________________________\nFrom: Cleo\nDate: Friday\nTo: Ben\n\nWhy?\n"
    document = read_bytes("a.eml", message(text=said).as_bytes())
    found = [(s.title, s.level) for s in document.sections]
    assert found == [("Gätes of the pond", 1), ("Quoted: From: Ben", 2), ("Quoted: From: Cleo", 3)]
    text = first_text(document)
    assert "Original Message" not in text and "Agreed.\n\nFrom: Ben" in text


@pytest.mark.parametrize(
    "html",
    [
        '<p>New words.</p><div class="gmail_quote"><div class="gmail_attr">On Sunday Ben wrote:</div>'
        '<blockquote class="gmail_quote"><p>Old words.</p></blockquote></div><p>More.</p>',
        '<p>New words.</p><p>On Sunday Ben wrote:</p><blockquote type="cite">Old words.</blockquote><p>More.</p>',
        '<div><p>New words.</p><p>On Sunday Ben wrote:</p><div><div id="divRplyFwdMsg"></div><p>Old words.</p></div>'
        "</div><p>More.</p>",
    ],
)
def test_a_quoted_reply_in_html_is_a_section(html):
    mail = message()
    mail.set_content(html, subtype="html")
    document = read_bytes("a.eml", mail.as_bytes())
    text = first_text(document)
    places = [document.section_of(1, text.index(words)) for words in ("New", "Old", "More")]
    assert [place.label for place in places if place] == [
        "Ann Löwe, Mon, 03 Mar 2025 10:00:00 +0000",
        "Quoted: On Sunday Ben wrote",
        "Ann Löwe, Mon, 03 Mar 2025 10:00:00 +0000",
    ]


def test_plain_text_goes_before_html_and_html_is_read_alone():
    mail = message()
    mail.add_alternative("<p>Rich words.</p>", subtype="html")
    text = first_page("a.eml", mail.as_bytes()).text
    assert "The gate is open." in text and "Rich" not in text
    mail = message()
    mail.set_content("<h2>Minutes</h2><p>Rich words.</p><p hidden>obey</p>", subtype="html")
    document = read_bytes("a.eml", mail.as_bytes())
    assert "Rich words." in first_text(document) and document.coverage.hidden_spans == 1
    assert [(s.title, s.level) for s in document.sections] == [
        ("Gätes of the pond", 1),
        ("Minutes", 2),
    ]


def test_attachments_are_documents_of_their_own(tmp_path):
    inner = message("Re: the/gate", "Forwarded words.\n")
    inner.add_attachment(
        b"%PDF-1.7 deep", maintype="application", subtype="pdf", filename="deep.pdf"
    )
    mail = message()
    mail.add_attachment(
        b"%PDF-1.7", maintype="application", subtype="pdf", filename="../verträge.pdf"
    )
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="verträge.pdf")
    mail.add_attachment("a,b", subtype="csv", filename="list.csv")
    mail.add_attachment(
        zip_of({"note.txt": "In a zip."}), maintype="application", subtype="zip", filename="all.zip"
    )
    mail.add_attachment(inner)
    file = tmp_path / "a.eml"
    file.write_bytes(mail.as_bytes())
    skipped: list[str] = []
    found = list(find_documents(file, skipped))
    assert [(name.removeprefix(f"{file}"), data) for name, data in found[1:4]] == [
        ("/verträge.pdf", b"%PDF-1.7"),
        ("/verträge (2).pdf", b"%PDF-1.4"),
        ("/all.zip/note.txt", b"In a zip."),
    ]
    assert [name for name, _ in found[4:]] == [
        f"{file}/Re: the gate.eml",
        f"{file}/Re: the gate.eml/deep.pdf",
    ]
    assert found[0] == (str(file), file) and skipped == [f"{file}/list.csv"]
    assert "Forwarded words." in first_page(found[4][0], bytes(found[4][1])).text
    text = first_page("a.eml", mail.as_bytes()).text
    assert (
        "Attachments: verträge.pdf, verträge (2).pdf, list.csv, all.zip, Re: the gate.eml" in text
    )
    assert "Forwarded words." not in text


def test_a_damaged_archive_does_not_stop_the_other_attachments(tmp_path):
    mail = message()
    broken = zip_of({"note.txt": "In a zip." * 50}).replace(b"In a", b"In b")
    mail.add_attachment(broken, maintype="application", subtype="zip", filename="all.zip")
    mail.add_attachment("Some words.", filename="note.txt")
    file = tmp_path / "a.eml"
    file.write_bytes(mail.as_bytes())
    skipped: list[str] = []
    assert [name for name, _ in find_documents(file, skipped)] == [str(file), f"{file}/note.txt"]
    assert len(skipped) == 1 and skipped[0].startswith(
        f"{file}/all.zip (its entry note.txt is damaged"
    )


def test_attachments_are_found_in_folders_and_archives(tmp_path):
    mail = message()
    mail.add_attachment("Some words.", filename="note.txt")
    (tmp_path / "a.eml").write_bytes(mail.as_bytes())
    (tmp_path / "b.zip").write_bytes(zip_of({"mail.eml": mail.as_bytes()}))
    assert [name for name, _ in find_documents(tmp_path)] == [
        f"{tmp_path}/a.eml",
        f"{tmp_path}/a.eml/note.txt",
    ]
    names = [name for name, _ in find_documents(tmp_path / "b.zip")]
    assert names == [f"{tmp_path}/b.zip/mail.eml", f"{tmp_path}/b.zip/mail.eml/note.txt"]


@pytest.mark.parametrize(
    "sender", ["(" * 500, "<" * 500, '"' * 501, "a@x " + "(b" * 5000, "=?utf-8?q?" * 200]
)
def test_a_hostile_sender_does_not_stop_the_reading(sender):
    data = f"From: {sender}\nTo: {sender}\nSubject: s\n\nThe gate is open.\n".encode()
    assert "The gate is open." in first_page("a.eml", data).text


def test_hard_wrapped_lines_are_joined():
    line = "The warden opens the gate at the turn of the tide and notes it all."
    wrapped = "\n".join([line] * 6) + "\n\n> " + "\n> ".join([line] * 2) + "\n"
    text = first_page("a.eml", message(text=wrapped).as_bytes()).text
    assert " ".join([line] * 6) in text and f"\n\n{line} {line}" in text


@pytest.mark.parametrize(
    "subject",
    [
        b"=?utf-8?b?R8OkdGVz?=",
        "Gätes".encode(),
        "Gätes".encode("cp1252"),
        b"=?utf-8?q?G=C3=A4?=\n =?utf-8?q?tes?=",
    ],
)
def test_subjects_in_every_spelling_read_the_same(subject):
    assert (
        read_bytes("a.eml", b"Subject: " + subject + b"\nFrom: a@x.example\n\nHi.\n").title
        == "Gätes"
    )


def test_broken_encodings_do_not_stop_the_reading():
    head = b"From: =?nope?b?####?= <a@x>\nSubject: =?utf-8?b?x?=\nContent-Type: text/plain; charset=no-such\n"
    head += b"Content-Transfer-Encoding: base64\n"
    text = first_page("a.eml", head + b"\nSGk gdGhlcmU=\n").text
    assert "Hi there" in text


def test_an_encrypted_message_and_one_without_headers_are_refused():
    head = b'From: a@x\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"\n\nMIAG\n'
    with pytest.raises(Encrypted, match="encrypted"):
        read_bytes("a.eml", head)
    with pytest.raises(NotADocument, match="header"):
        read_bytes("a.eml", b"only words\nand more")


def test_a_message_whose_parts_cannot_be_told_apart_is_read_as_text():
    head = b"From: a@x\nSubject: s\nContent-Type: multipart/mixed\n\n"
    assert "The words." in first_page("a.eml", head + b"--x\nThe words.\n--x--\n").text


def test_endless_nesting_ends(tmp_path):
    data = (
        b"".join(b"Content-Type: message/rfc822\n\n" for _ in range(200)) + b"Subject: deep\n\nx\n"
    )
    file = tmp_path / "a.eml"
    file.write_bytes(b"Subject: top\n" + data)
    skipped: list[str] = []
    assert len(list(find_documents(file, skipped))) == 18
    assert any("deeper than 16" in line for line in skipped)
    parts = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(40)
    )
    document = read_bytes("a.eml", b"Subject: top\n" + parts + b"\nx\n")
    assert any("deeper than 16" in line for line in document.coverage.warnings)
