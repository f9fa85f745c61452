"""An e-mail (.eml) to Document: its headers, its text, and as sections the messages quoted in it.
No pages.

Of alternatives the plain text is read, else the HTML. What is attached is named next to the headers,
a document of its own (`read.find_documents`).
"""

import re
from contextlib import suppress
from dataclasses import replace
from email.message import Message

from docqa.ingest.encoding import decode
from docqa.ingest.errors import Encrypted, NotADocument, NoText, refuse_over_limit
from docqa.ingest.limits import MAX_EMAIL_DEPTH, MAX_HTML_BYTES
from docqa.ingest.request import ReadRequest
from docqa.ingest.structure.clean import (
    Dehyphenator,
    clean_text,
    group_consecutive,
    join_hard_wrapped_lines,
)
from docqa.ingest.types import Document
from docqa.ingest.writer import BlockWriter

from .email_parts import (
    ENCRYPTED,
    attachments,
    header_text,
    is_attachment,
    parse_email,
    parts_in,
    sender_name,
)
from .html import HtmlBlocks
from .html_source import decode_html
from .quoted import QuotedPart, split_by_quotation_depth

_SHOWN = ("From", "To", "Cc", "Bcc", "Reply-To", "Date", "Subject")
# No cleaned text has it.
_SEAM = "\x01"
_LINK = re.compile(r"<?(?:https?://|mailto:|cid:)\S{1,2000}")
_LETTERS = re.compile(r"\w+")
_RICH = ("text/html", "multipart/related", "multipart/mixed")


def read_email(request: ReadRequest) -> Document:
    """The Document of a message. Raises NotADocument, Encrypted, Unreadable, TooLarge and
    NoText.
    """
    message = parse_email(request.content)
    reader = MessageReader(BlockWriter(include_hidden=request.include_hidden))
    reader.message(message)
    if not reader.texts and reader.encrypted:
        raise Encrypted("the message is encrypted", hint="Save it decrypted from your mail program")
    if not reader.texts and not any(header_text(message, name) for name in _SHOWN):
        raise NoText("there is no text in it", hint="Check that this is the right file")
    title = header_text(message, "Subject")
    return reader.writer.document(
        request, title=title, media_type="message/rfc822", warnings=reader.warnings
    )


class MessageReader:
    def __init__(self, writer: BlockWriter) -> None:
        self.writer = writer
        self.warnings: list[str] = []
        self.texts = 0
        self.encrypted = False
        self._label = ""
        self._quoted = False

    def message(self, message: Message) -> None:
        lines = [f"{name}: {value}" for name in _SHOWN if (value := header_text(message, name))]
        attached = [name for name, _ in attachments(message)]
        if attached:
            lines.append(f"Attachments: {', '.join(attached)}")
        start = self.writer.block("\n".join(lines), "para")
        if start is not None:
            who = sender_name(header_text(message, "From"))
            date = header_text(message, "Date")
            subject = header_text(message, "Subject")
            self._label = ", ".join(filter(None, (who, date))) or subject
            self.writer.mark(
                1, None, subject or self._label or "(no subject)", start, label=self._label
            )
        self._write_part(message, 1)

    def _write_part(self, part: Message, level: int) -> None:
        if level > MAX_EMAIL_DEPTH:
            self.warnings.append(f"parts nested deeper than {MAX_EMAIL_DEPTH} are not read")
            return
        kind = part.get_content_type()
        payload = part.get_payload()
        inside = parts_in(part)
        if kind in ENCRYPTED and "signed-data" not in str(part.get("Content-Type", "")):
            self.encrypted = True
            self.warnings.append(f"an encrypted part is not read ({kind})")
        elif kind == "message/rfc822":
            return  # a document of its own
        elif inside:
            for inner in self._chosen_alternatives(kind, inside):
                self._write_part(inner, level + 1)
        elif kind.startswith("multipart/") and isinstance(payload, str):
            self._write_text_part(part, "text/plain")  # damaged: its parts cannot be separated
        elif kind in ("text/plain", "text/html") and not (level > 1 and is_attachment(part)):
            self._write_text_part(part, kind)

    def _chosen_alternatives(self, kind: str, parts: list[Message]) -> list[Message]:
        """Of alternatives plain text with words, else HTML, else the last; of other parts all."""
        if kind != "multipart/alternative" or not parts:
            return parts
        rich = [part for part in parts if part.get_content_type() in _RICH]
        for part in parts:
            plain = (
                self._decode_part(part, False) if part.get_content_type() == "text/plain" else ""
            )
            if plain.strip():
                if _has_words_missing_in(plain, self._words_of_html_parts(rich)):
                    self.warnings.append(
                        "the plain text of the message differs from its HTML, and is what is read"
                    )
                return [part]
        return rich[-1:] or parts[-1:]

    def _words_of_html_parts(self, parts: list[Message]) -> str | None:
        """The words of the HTML in `parts`, None where there is none."""
        writer = BlockWriter()
        pages = [p for part in parts for p in part.walk() if p.get_content_type() == "text/html"]
        for page in pages:
            HtmlBlocks(writer).write(self._decode_part(page, True))
        return writer.page().text if pages else None

    def _write_text_part(self, part: Message, kind: str) -> None:
        before = len(self.writer.blocks)
        if kind == "text/html":
            blocks = HtmlBlocks(self.writer, level=1, quoted=self._label)
            blocks.write(self._decode_part(part, True))
            self.warnings += blocks.warnings
        else:
            for stretch in _join_hard_wraps_in_parts(
                split_by_quotation_depth(clean_text(self._decode_part(part, False)))
            ):
                self._write_quoted_part(stretch)
        self.texts += len(self.writer.blocks) > before

    def _write_quoted_part(self, part: QuotedPart) -> None:
        """What is quoted begins a section, and so does what follows on it."""
        first = True
        for run in group_consecutive(
            part.lines, lambda run, line: bool(line.strip()) == bool(run[0].strip())
        ):
            text = "\n".join(map(str.rstrip, run)) if run[0].strip() else ""
            start = self.writer.block(text, "quoted" if part.depth else "para")
            if start is None or not first:
                continue
            first = False
            if part.depth:
                title = f"Quoted: {part.title}" if part.title else "Quoted message"
                self.writer.mark(
                    1 + part.depth, None, title, start, label=title[0].lower() + title[1:]
                )
                self._quoted = True
            elif self._quoted:
                self.writer.mark(2, None, "(continued)", start, label=self._label)
                self._quoted = False

    def _decode_part(self, part: Message, html: bool) -> str:
        data = part.get_payload(decode=True)
        if not isinstance(data, bytes):
            return ""
        if html:
            refuse_over_limit(MAX_HTML_BYTES, len(data), "bytes of HTML", "Save it as text")
        charset = part.get_content_charset()
        with suppress(
            LookupError, ValueError, TypeError
        ):  # an unknown encoding: as if none was named
            if charset and charset not in ("us-ascii", "utf-8"):
                return data.decode(charset, "replace")
        try:
            return (decode_html if html else decode)(data)[0]
        except NotADocument:
            return data.decode("utf-8", "replace")


def _has_words_missing_in(plain_text: str, shown_text: str | None) -> bool:
    """Whether `plain_text` has three words in a row that `shown_text` lacks; addresses of links are none."""
    if shown_text is None:
        return False
    words, others = (
        ["", "", *_LETTERS.findall(_LINK.sub(" ", text.casefold())), "", ""]
        for text in (plain_text, shown_text)
    )
    known = set(zip(others, others[1:], others[2:]))
    missing = [run not in known for run in zip(words, words[1:], words[2:])]
    return any(all(missing[at : at + 3]) for at in range(len(missing) - 2))


def _join_hard_wraps_in_parts(parts: list[QuotedPart]) -> list[QuotedPart]:
    """Hard wraps joined; whether there are any is seen on all stretches together."""
    lines: list[str] = []
    for stretch in parts:
        lines += ["", _SEAM, "", *stretch.lines]
    joined = "\n".join(join_hard_wrapped_lines(lines, Dehyphenator(lines))).split(_SEAM)[1:]
    return [
        replace(stretch, lines=text.split("\n"))
        for stretch, text in zip(parts, joined, strict=True)
    ]
