"""What a caller asks of ingest: a document, its password, the limits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path, PurePosixPath

from .errors import refuse_over_limit
from .limits import WORKER_MEMORY_BYTES, WORKER_PAGE_SECONDS, WORKER_WALL_SECONDS
from .types import Document

_MEMORY_PER_BYTE = 12  # of a Document as JSON


@dataclass(frozen=True)
class ReadRequest:
    """A document to read, and how.

    `data`: its bytes where they do not come from `path`. `media_type` (a MIME type or the name of a
    format) overrides suffix and content. `include_hidden` reads what cannot be seen as blocks of
    kind `hidden`, at the end of a PDF's page, else of the document. `within`: a document may take
    in files only at or below these real paths; None: any next to it. Without `pdfium` pypdf alone
    reads a PDF, without columns or hidden text. Pages of `skip` (from 1) are left empty, for the
    reason there.

    A worker reads a document in `seconds` in all, at most `until` that time of the monotonic clock,
    and a page in `page_seconds`; it may take so many bytes of `memory`. `on_page` hears how many
    pages are begun, and how many there are, `on_first` gets the Document of a long PDF's first
    pages, `on_begun` is called once a worker has begun, before its answer is waited for.
    """

    path: str | Path = ""
    data: bytes | None = None
    password: str | None = None
    media_type: str | None = None
    include_hidden: bool = False
    within: tuple[str, ...] | None = None
    pdfium: bool = True
    skip: Mapping[int, str] = field(default_factory=dict)
    seconds: float = WORKER_WALL_SECONDS
    until: float = inf
    page_seconds: float = WORKER_PAGE_SECONDS
    memory: int = WORKER_MEMORY_BYTES
    on_page: Callable[[int, int], None] | None = field(default=None, compare=False)
    on_first: Callable[[Document], None] | None = field(default=None, compare=False)
    on_begun: Callable[[], None] | None = field(default=None, compare=False)

    def of(self, path: str | Path, data: bytes | None) -> "ReadRequest":
        """The same request for another document."""
        return replace(self, path=path, data=data)

    @property
    def name(self) -> str:
        """As messages and the Document call it."""
        return str(self.path)

    @property
    def hint(self) -> str:
        """What to do where reading runs over a limit."""
        if self.memory == WORKER_MEMORY_BYTES:
            return "Split the file, or print it to a new PDF"
        return "Read it once on the command line, which may take more: `docqa outline FILE`. What it keeps is used here"

    def refuse_large(self, size: int) -> None:
        """Raises TooLarge where a Document of `size` bytes as JSON would take more than
        `memory`.
        """
        if self.memory < WORKER_MEMORY_BYTES:
            hint = "Use docqa on the command line, which may take more, or split the file"
            refuse_over_limit(
                self.memory // _MEMORY_PER_BYTE, size, "bytes of text, tables and sections", hint
            )

    @property
    def stem(self) -> str:
        """What a document without a title is called."""
        return PurePosixPath(self.name).stem if self.name != "-" else "standard input"

    @property
    def content(self) -> bytes:
        """The bytes to parse; empty where not loaded."""
        return self.data or b""


def _ignore_number(number: int) -> None: ...


@dataclass(frozen=True)
class PageEvents:
    """What is called while a PDF is read: `on_pages` with the number of pages before the first,
    `on_page` with each page (from 1) before it is read and 0 after the last, `on_ocr` before its
    image is recognised, `on_first` with the Document of a long one's first pages."""

    on_pages: Callable[[int], None] = _ignore_number
    on_page: Callable[[int], None] = _ignore_number
    on_ocr: Callable[[int], None] = _ignore_number
    on_first: Callable[[Document], None] | None = None
