"""The parts of an e-mail: its headers as they read, and its attachments as files."""

import re
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from pathlib import PurePosixPath

from docqa.ingest.errors import NotADocument, Unreadable, refuse_over_limit
from docqa.ingest.formats import format_of_type
from docqa.ingest.language.words import word_set
from docqa.ingest.limits import MAX_EMAIL_BYTES, MAX_EMAIL_DEPTH, MAX_EMAIL_PARTS
from docqa.ingest.structure.clean import clean_text, collapse_whitespace

_HEADER = re.compile(rb"(?:From [^\n]*\n)?[!-9;-~]{1,80}:")
_MAX_HEADER_CHARS = 20_000
_MAX_NAME_CHARS = 120
ENCRYPTED = word_set("application/pkcs7-mime application/x-pkcs7-mime multipart/encrypted")
_NOT_FILES = ENCRYPTED | word_set(
    "text/plain text/html application/pgp-signature application/pkcs7-signature application/x-pkcs7-signature"
)


def _suffix_of(kind: str) -> str:
    """For a file without one, by its media type, or ""."""
    if kind in ("application/zip", "application/x-zip-compressed"):
        return ".zip"
    found = format_of_type(kind)
    return found.suffixes[0] if found and found.types[0] == kind else ""


def parse_email(data: bytes) -> Message:
    """The message in `data`. Raises NotADocument, Unreadable and TooLarge."""
    refuse_over_limit(MAX_EMAIL_BYTES, len(data), "bytes of e-mail", "Save it without files")
    if not _HEADER.match(data.lstrip()):
        raise NotADocument(
            "not an e-mail: it does not begin with a header", hint="Check the suffix of its name"
        )
    try:
        # The parser of policy.default takes headers apart by rules that hostile ones make slow;
        # these are only shown.
        return message_from_bytes(data.lstrip())
    except RecursionError as error:
        raise Unreadable(
            "its parts are nested too deeply", hint="Save the message in it by itself"
        ) from error


def header_text(message: Message, name: str) -> str:
    """The first header `name` as it reads, on one line, or ""."""
    named = (str(value) for key, value in message.raw_items() if key.lower() == name.lower())
    raw = next(named, "")[:_MAX_HEADER_CHARS]
    if raw.isascii():
        return _decode_encoded_words(raw)
    # Bytes of no named encoding come as surrogates.
    data = raw.encode("utf-8", "surrogateescape")
    try:
        raw = data.decode("utf-8")
    except UnicodeDecodeError:
        raw = data.decode("cp1252", "replace")
    return collapse_whitespace(clean_text(raw))


def sender_name(value: str) -> str:
    """Who a From header names: the name before the address, else the address."""
    name, _, rest = value.partition("<")
    return name.strip().strip('"').strip() or rest.partition(">")[0].strip() or value


def _decode_encoded_words(encoded: str) -> str:
    """A header or a name with its encoded words (RFC 2047) read, where they can be."""
    with suppress(LookupError, ValueError, MessageError):
        encoded = str(make_header(decode_header(encoded)))
    return collapse_whitespace(clean_text(encoded))


def attached_filename(part: Message) -> str:
    """The name of an attached file without folders, or ""."""
    name = _decode_encoded_words(part.get_filename() or "").replace("\\", "/")
    return "".join(char for char in PurePosixPath(name).name if char.isprintable())[
        :_MAX_NAME_CHARS
    ]


def is_attachment(part: Message) -> bool:
    """Whether a part of text is a file and not said in the message."""
    disposition = part.get_content_disposition()
    return disposition == "attachment" or (
        disposition is not None and bool(attached_filename(part))
    )


def attachments(message: Message) -> Iterator[tuple[str, Message]]:
    """The attached files and messages, each with a name of its own; images shown in the text are
    none.
    """
    seen: set[str] = set()
    for part in _attached_parts(message, 0):
        kind = part.get_content_type()
        suffix = _suffix_of(kind)
        name = attached_filename(part)
        if not name and kind == "message/rfc822":
            inside = parts_in(part)
            subject = header_text(inside[0], "Subject") if inside else ""
            subject = re.sub(r"[/\\\x00-\x1f]+", " ", subject).strip(" .")
            name = f"{subject[:_MAX_NAME_CHARS] or 'message'}.eml"
        name = name or f"attachment{suffix}"
        known = PurePosixPath(name).suffix.lower()
        if not known or (suffix == ".eml" != known):
            name += suffix
        stem = PurePosixPath(name)
        count = 1
        shown = name
        while shown.casefold() in seen:
            count += 1
            shown = f"{stem.stem} ({count}){stem.suffix}"
        seen.add(shown.casefold())
        if len(seen) > MAX_EMAIL_PARTS:
            return
        yield shown, part


def parts_in(part: Message) -> list[Message]:
    """Those of which `part` is made."""
    payload = part.get_payload()
    inside = payload if isinstance(payload, list) else []
    return [inner for inner in inside if isinstance(inner, Message)]


def _attached_parts(part: Message, depth: int) -> Iterator[Message]:
    """The parts, and itself, that are files or messages."""
    kind = part.get_content_type()
    inside = parts_in(part)
    whole = kind == "message/rfc822" or not kind.startswith(("multipart/", "message/"))
    if whole and (kind == "message/rfc822" or (depth and is_attachment(part))):
        yield part
    elif inside:
        for inner in inside if depth < MAX_EMAIL_DEPTH else ():
            yield from _attached_parts(inner, depth + 1)
    elif (
        whole
        and kind not in _NOT_FILES
        and not (part.get("Content-ID") and kind.startswith("image/"))  # shown in the text
    ):
        yield part


def bytes_of(part: Message) -> bytes:
    payload = part.get_payload()
    if isinstance(payload, list):
        # What cannot be written again is left out.
        with suppress(RecursionError, ValueError, LookupError, TypeError, AttributeError):
            return payload[0].as_bytes() if payload and isinstance(payload[0], Message) else b""
        return b""
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""
