"""An e-mail (.eml) to Document: its headers, then its text; a message in it is a section below. No pages.

Of alternatives the plain text is read, else the HTML. Attachments are not opened: a warning names each of them.
"""

from __future__ import annotations

import re
from contextlib import suppress
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr

from docqa.ingest.encoding import decode
from docqa.ingest.errors import Encrypted, NotADocument, NoText, Unreadable, refuse_over
from docqa.ingest.limits import MAX_EMAIL_BYTES, MAX_EMAIL_DEPTH, MAX_HTML_BYTES
from docqa.ingest.request import ReadRequest
from docqa.ingest.structure.clean import Hyphens, clean, grouped, unwrap
from docqa.ingest.types import Document
from docqa.ingest.web.html import HtmlBlocks
from docqa.ingest.web.html_source import decode_html
from docqa.ingest.writer import BlockWriter

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_HEADER = re.compile(rb"(?:From [^\n]*\n)?[!-9;-~]{1,80}:")
_SIGNATURES = frozenset(("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"))
_ENCRYPTED = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted"))
_MAX_HEADER_CHARS = 20_000


def read_email(request: ReadRequest) -> Document:
    """The Document of a message. Raises NotADocument, Encrypted, Unreadable, TooLarge and NoText."""
    data = request.content
    refuse_over(MAX_EMAIL_BYTES, len(data), "bytes of e-mail", "Save it without files")
    if not _HEADER.match(data.lstrip()):
        raise NotADocument("not an e-mail: it does not begin with a header", hint="Check the suffix of its name")
    try:
        # The parser of policy.default takes headers apart by rules that hostile ones make slow; these are only shown.
        message = message_from_bytes(data.lstrip())
    except RecursionError as error:
        raise Unreadable("its parts are nested too deeply", hint="Save the message in it by itself") from error
    reader = _Reader(BlockWriter(include_hidden=request.include_hidden))
    reader.message(message, 1)
    if not reader.texts and reader.encrypted:
        raise Encrypted("the message is encrypted", hint="Save it decrypted from your mail program")
    if not reader.texts and not any(_header(message, name) for name in _SHOWN):
        raise NoText("there is no text in it", hint="Check that this is the right file")
    title = _header(message, "Subject")
    return reader.writer.document(request, title=title, media_type="message/rfc822", warnings=reader.warnings)


class _Reader:
    def __init__(self, writer: BlockWriter) -> None:
        self.writer = writer
        self.warnings: list[str] = []
        self.texts = 0
        self.encrypted = False

    def message(self, message: Message, level: int) -> None:
        """Writes the headers of a message, which begin its section, and its parts."""
        lines = [f"{name}: {value}" for name in _SHOWN if (value := _header(message, name))]
        start = self.writer.block("\n".join(lines), "para")
        if start is not None:
            sender, date, subject = (_header(message, name) for name in ("From", "Date", "Subject"))
            who = " ".join(filter(None, parseaddr(sender)[:1])) or parseaddr(sender)[1] or sender
            label = ", ".join(filter(None, (who, date)))
            self.writer.mark(level, None, subject or label or "(no subject)", start, label=label or subject)
        self._part(message, level)

    def _part(self, part: Message, level: int) -> None:
        if level > MAX_EMAIL_DEPTH:
            self.warnings.append(f"parts nested deeper than {MAX_EMAIL_DEPTH} are not read")
            return
        kind = part.get_content_type()
        payload = part.get_payload()
        inside = [inner for inner in payload if isinstance(inner, Message)] if isinstance(payload, list) else []
        if kind in _ENCRYPTED and "signed-data" not in str(part.get("Content-Type", "")):
            self.encrypted = True
            self.warnings.append(f"an encrypted part is not read ({kind})")
        elif kind == "message/rfc822" and inside:
            for inner in inside:
                self.message(inner, level + 1)
        elif inside:
            for inner in self._chosen(kind, inside):
                self._part(inner, level + (not kind.startswith("multipart/")))
        elif kind.startswith("multipart/") and isinstance(payload, str):
            self._text(part, "text/plain", level)  # damaged: its parts cannot be separated
        elif kind in ("text/plain", "text/html") and not _is_attachment(part):
            self._text(part, kind, level)
        elif (
            not isinstance(payload, list)
            and kind not in _SIGNATURES
            and not (part.get("Content-ID") and kind.startswith("image/"))
        ):
            self.warnings.append(f"attachment not read: {_filename(part) or 'without a name'} ({kind})")

    def _chosen(self, kind: str, parts: list[Message]) -> list[Message]:
        """Of alternatives the plain text where it has words, else the HTML, else the last; of other parts all."""
        if kind != "multipart/alternative" or not parts:
            return parts
        for part in parts:
            if part.get_content_type() == "text/plain" and self._decoded(part, False).strip():
                return [part]
        rich = [p for p in parts if p.get_content_type() in ("text/html", "multipart/related", "multipart/mixed")]
        return rich[-1:] or parts[-1:]

    def _text(self, part: Message, kind: str, level: int) -> None:
        before = len(self.writer.blocks)
        if kind == "text/html":
            HtmlBlocks(self.writer, level=level).write(self._decoded(part, True))
        else:
            flowed = str(part.get_param("format", "")).lower() == "flowed"
            for paragraph in _paragraphs(clean(self._decoded(part, False)), flowed):
                self.writer.block(paragraph, "para")
        self.texts += len(self.writer.blocks) > before

    def _decoded(self, part: Message, html: bool) -> str:
        data = part.get_payload(decode=True)
        if not isinstance(data, bytes):
            return ""
        if html:
            refuse_over(MAX_HTML_BYTES, len(data), "bytes of HTML", "Save it as text")
        charset = part.get_content_charset()
        with suppress(LookupError, ValueError, TypeError):  # an unknown encoding: as if none was named
            if charset and charset not in ("us-ascii", "utf-8"):
                return data.decode(charset, "replace")
        try:
            return (decode_html if html else decode)(data)[0]
        except NotADocument:
            return data.decode("utf-8", "replace")


def _header(message: Message, name: str) -> str:
    """The first header `name` as it reads, on one line; empty where there is none."""
    named = (str(value) for key, value in message.raw_items() if key.lower() == name.lower())
    raw = next(named, "")[:_MAX_HEADER_CHARS]
    if raw.isascii():
        return _words(raw)
    # Bytes of no named encoding come as surrogates.
    data = raw.encode("utf-8", "surrogateescape")
    try:
        raw = data.decode("utf-8")
    except UnicodeDecodeError:
        raw = data.decode("cp1252", "replace")
    return " ".join(clean(raw).split())


def _words(encoded: str) -> str:
    """A header or a name with its encoded words (RFC 2047) read; as it stands where they are none."""
    with suppress(LookupError, ValueError, MessageError):
        encoded = str(make_header(decode_header(encoded)))
    return " ".join(clean(encoded).split())


def _is_attachment(part: Message) -> bool:
    disposition = part.get_content_disposition()
    return disposition == "attachment" or (disposition is not None and bool(_filename(part)))


def _filename(part: Message) -> str:
    return _words(part.get_filename() or "")


def _paragraphs(text: str, flowed: bool) -> list[str]:
    """The paragraphs of a plain text, hard wraps joined; lines that quote an earlier message stay as they are."""
    lines = [line.rstrip("\n") for line in text.split("\n")]
    if flowed:
        lines = _unflow(lines)
    hyphens = Hyphens(lines)
    runs = grouped(lines, lambda run, line: _is_quoted(line) == _is_quoted(run[0]))
    paragraphs = ["\n".join(map(str.rstrip, run)) for run in runs if run[0].strip()]
    plain = [p for p in paragraphs if not p.startswith(">")]
    if flowed or not plain:
        return paragraphs
    # Whether the lines are wrapped is seen on all of them, not on one paragraph.
    joined = iter("\n".join(unwrap("\n\n".join(plain).split("\n"), hyphens)).split("\n\n"))
    return [p if p.startswith(">") else next(joined, p) for p in paragraphs]


def _is_quoted(line: str) -> bool | None:
    """Whether the line quotes an earlier message; None for a blank one."""
    return line.startswith(">") if line.strip() else None


def _unflow(lines: list[str]) -> list[str]:
    """Lines of `format=flowed` (RFC 3676): one that ends with a space goes on in the next, but for "-- "."""
    out: list[str] = []
    open_depth = -1
    for line in lines:
        depth = len(line) - len(line.lstrip(">"))
        words = line[depth:].removeprefix(" ")
        if depth == open_depth and words != "-- ":
            out[-1] += words
        else:
            out.append(f"{'>' * depth} {words}" if depth else words)
        open_depth = depth if words.endswith(" ") and words != "-- " else -1
    return out
