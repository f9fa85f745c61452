"""The formats that are read: one registration each, used by detection, archives, e-mail and app."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module

from .request import ReadRequest
from .types import Document


@dataclass(frozen=True)
class Format:
    """A format of documents. `name`: what users call it; `title`: in a sentence. `types`: media
    types and other names, that of an attachment first. `reader`: "module:function". `starts`: first
    bytes that only this format has. `is_trusted`: text is of it because the user or its suffix says
    so. `is_package`: a zip file. `is_plain`: a person reads the bytes as they are.
    `tokens_per_byte`: 0 where the size of a file says nothing."""

    name: str
    title: str
    suffixes: tuple[str, ...]
    types: tuple[str, ...]
    reader: str
    starts: bytes = b""
    is_trusted: bool = False
    is_package: bool = False
    is_plain: bool = False
    tokens_per_byte: float = 0.0

    def read(self) -> Callable[[ReadRequest], Document]:
        """Its reader, whose library loads now."""
        module, _, function = self.reader.partition(":")
        found: Callable[[ReadRequest], Document] = getattr(import_module(module), function)
        return found


FORMATS = [
    Format("pdf", "PDF", (".pdf",), ("application/pdf",), "docqa.ingest.pdf.reader:read_pdf"),
    Format(
        "docx",
        "DOCX",
        (".docx", ".docm"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",),
        "docqa.ingest.docx.reader:read_docx",
        is_package=True,
    ),
    Format(
        "epub",
        "EPUB",
        (".epub",),
        ("application/epub+zip",),
        "docqa.ingest.web.epub:read_epub",
        is_package=True,
    ),
    Format(
        "html",
        "HTML",
        (".html", ".htm", ".xhtml"),
        ("text/html", "htm", "xhtml", "application/xhtml+xml"),
        "docqa.ingest.web.html:read_html",
        is_trusted=True,
        tokens_per_byte=0.12,
    ),
    Format(
        "tex",
        "LaTeX",
        (".tex", ".ltx"),
        ("application/x-tex", "latex", "text/x-tex"),
        "docqa.ingest.latex.reader:read_latex",
        is_trusted=True,
        tokens_per_byte=0.25,
    ),
    Format(
        "eml",
        "e-mail (.eml)",
        (".eml",),
        ("message/rfc822", "email"),
        "docqa.ingest.web.email_message:read_email",
        is_trusted=True,
        tokens_per_byte=0.2,
    ),
    Format(
        "md",
        "Markdown",
        (".md", ".markdown"),
        ("text/markdown", "markdown"),
        "docqa.ingest.web.markdown:read_markdown",
        is_trusted=True,
        is_plain=True,
        tokens_per_byte=0.25,
    ),
    Format(
        "txt",
        "plain text",
        (".txt", ".text"),
        ("text/plain", "text"),
        "docqa.ingest.plain.text:read_text",
        is_trusted=True,
        is_plain=True,
        tokens_per_byte=0.25,
    ),
    Format(
        "uslm",
        "USLM XML",
        (".xml",),
        ("application/uslm+xml", "xml", "application/xml", "text/xml"),
        "docqa.ingest.plain.uslm:read_uslm",
        tokens_per_byte=0.12,
    ),
]
"""In the order in which users are told of them."""
PLUGINS = "docqa.formats"
"""Entry points of other packages, each of a Format."""


@lru_cache(maxsize=1)
def plugged_formats() -> tuple[Format, ...]:
    """The formats of other packages. Raises what their import does."""
    from importlib.metadata import entry_points

    return tuple(point.load() for point in entry_points(group=PLUGINS))


def known_formats() -> Iterator[Format]:
    """Those that docqa brings; then, since looking for them takes long, those of other packages."""
    yield from FORMATS
    yield from plugged_formats()


def format_named(name: str) -> Format:
    """The format of that name. Raises StopIteration."""
    return next(each for each in known_formats() if each.name == name)


def format_of_suffix(suffix: str) -> Format | None:
    """The format of a suffix in small letters, or None."""
    return next((each for each in known_formats() if suffix in each.suffixes), None)


def format_of_type(media_type: str) -> Format | None:
    """The format that a media type or another name means, in any case, or None."""
    wanted = media_type.lower()
    return next(
        (each for each in known_formats() if wanted == each.name or wanted in each.types), None
    )


def titles() -> str:
    """What is read, as a sentence for users."""
    *most, last = (each.title for each in known_formats())
    return f"docqa reads {', '.join(most)} and {last}"
