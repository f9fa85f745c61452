"""What was put onto the pages of a PDF and is in no text of them: filled form fields, comments,
marked words.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from typing import Any, NamedTuple

from docqa.ingest.assemble import hidden_remark
from docqa.ingest.colours import BLACK, Colour, alike
from docqa.ingest.pdf.errors import pdf_errors
from docqa.ingest.request import ReadRequest
from docqa.ingest.structure.clean import clean, squeeze, strip_invisible
from docqa.ingest.types import Block, Page

_MAX_ON_A_PAGE = 2_000
_MAX_CHARS = 20_000
_MAX_PARENTS = 20
_UNSEEN = 0b100010  # flags: hidden, not to be viewed
_PASSWORD = 1 << 13
_PUSH_BUTTON = 1 << 16
_TICKS = frozenset(("yes", "on", "1", "true", "x"))
_CLEAR = 0.05
_SMALLEST = 2.0
_DATE = re.compile(r"(?:D:)?(\d{4})(\d{2})(\d{2})")
_MARKED = {
    "/Highlight": "Highlighted",
    "/Underline": "Underlined",
    "/StrikeOut": "Struck out",
    "/Squiggly": "Underlined",
}
_COMMENTS = frozenset(
    (
        "/Text",
        "/FreeText",
        "/Stamp",
        "/Caret",
        "/Ink",
        "/Line",
        "/Square",
        "/Circle",
        "/Polygon",
        "/PolyLine",
        "/FileAttachment",
        "/Redact",
        *_MARKED,
    )
)
Quad = tuple[float, float, float, float]


class Annotation(NamedTuple):
    """Something on a page: `kind` of a Block or `hidden`; `about`: the boxes of the words that it
    marks.
    """

    kind: str
    text: str
    about: tuple[Quad, ...] = ()


def read_annotations(reader: Any, request: ReadRequest) -> dict[int, list[Annotation]]:
    """What was put onto each page (from 0), in the order of the file."""
    found: dict[int, list[Annotation]] = {}
    with suppress(*pdf_errors()):
        for index, page in enumerate(reader.pages):
            with suppress(*pdf_errors()):
                listed = page.get("/Annots")
                items = listed.get_object() if listed is not None else ()
                own = list(_on_page(items[:_MAX_ON_A_PAGE])) if isinstance(items, list) else []
                if own:
                    found[index] = own
    return _with_marked_words(found, request) if request.pdfium else found


def _with_marked_words(
    found: dict[int, list[Annotation]], request: ReadRequest
) -> dict[int, list[Annotation]]:
    if not any(item.about for items in found.values() for item in items):
        return found
    import pypdfium2

    try:
        with closing(pypdfium2.PdfDocument(request.content, password=request.password)) as file:
            return {index: _marked_on_page(file, index, items) for index, items in found.items()}
    except pypdfium2.PdfiumError:
        return found


def _marked_on_page(file: Any, index: int, items: list[Annotation]) -> list[Annotation]:
    if not any(item.about for item in items):
        return items
    with closing(file[index]) as page, closing(page.get_textpage()) as text_page:
        out: list[Annotation] = []
        for item in items:
            lines = [text_page.get_text_bounded(*quad) for quad in item.about]
            words = squeeze(clean(" ".join(" ".join(lines).split())))
            bare = item.text.endswith(": ")
            if words:
                out.append(
                    item._replace(text=item.text + (f"“{words}”" if bare else f" (on “{words}”)"))
                )
            elif not bare:
                out.append(item)
        return out


def _on_page(items: Sequence[Any]) -> Iterator[Annotation]:
    for item in items:
        with suppress(*pdf_errors()):
            annotation = item.get_object()
            kind = str(annotation.get("/Subtype", ""))
            read = _field(annotation) if kind == "/Widget" else _comment(annotation, kind)
            if read is not None:
                unseen = int(annotation.get("/F", 0)) & _UNSEEN or _is_unseen(annotation)
                yield read._replace(kind="hidden") if unseen else read


def _is_unseen(annotation: Any) -> bool:
    """Whether it is clear or empty, or draws words that nobody sees."""
    from pypdf.generic import DecodedStreamObject

    default = DecodedStreamObject()
    default.set_data(f"{_raw_text(_inherited(annotation, '/DA'))} () Tj".encode())
    with suppress(*pdf_errors()):
        paper = _colour((annotation.get("/MK") or {}).get("/BG") or [1])
        drawn = _inherited(annotation.get("/AP") or {}, "/N")
        shown = list(_are_seen(drawn, paper)) or list(_are_seen(default, paper))
        x0, y0, x1, y1 = map(float, annotation["/Rect"])
        is_text = annotation["/Subtype"] == "/FreeText" or _inherited(annotation, "/FT") in (
            "/Tx",
            "/Ch",
        )
        empty = is_text and min(abs(x1 - x0), abs(y1 - y0)) < 1
        return empty or not any(shown) or float(annotation.get("/CA", 1)) < _CLEAR
    return False


def _are_seen(stream: Any, paper: Colour) -> Iterator[bool]:
    """For each run of letters that is drawn."""
    from pypdf.generic import ContentStream

    colour = BLACK
    size = 12.0
    mode = 0
    kept = []
    least = _SMALLEST
    for operands, operator in (
        ContentStream(stream, None).operations if hasattr(stream, "get_data") else ()
    ):
        if operator == b"q":
            kept.append((colour, size, mode))
        elif operator == b"Q" and kept:
            colour, size, mode = kept.pop()
        elif operator in (b"g", b"rg", b"k", b"sc", b"scn"):
            colour = _colour(operands)
        elif operator == b"Tf":
            size = float(operands[1])
        elif operator == b"Tr":
            mode = operands[0]
        elif operator in (b"cm", b"Tm"):
            least = 0.0  # what enlarges letters is not followed
        elif operator in (b"f", b"f*"):
            paper = colour
        elif operator in (b"Tj", b"TJ", b"'"):
            yield mode not in (3, 7) and not 0 < size < least and not alike(colour, paper)


def _colour(numbers: Sequence[Any]) -> Colour:
    """Of a grey, of red, green and blue, or of four inks."""
    parts = (
        [*map(float, numbers)] * 3
        if len(numbers) < 4
        else [1 - float(ink) - float(numbers[3]) for ink in numbers]
    )
    red, green, blue = (round(255 * max(part, 0.0)) for part in parts[:3])
    return red, green, blue


def _field(widget: Any) -> Annotation | None:
    """A form field that is filled: "Name of the owner (form field): Ann Lee"."""
    flags = int(_inherited(widget, "/Ff") or 0)
    kind = str(_inherited(widget, "/FT") or "")
    value = _value(widget, kind, flags)
    if not value:
        return None
    name = _text(_inherited(widget, "/TU")) or _text(_inherited(widget, "/T")) or "unnamed"
    return Annotation("field", f"{name.rstrip(' :')} (form field): {value}")


def _value(widget: Any, kind: str, flags: int) -> str:
    value = _inherited(widget, "/V")
    if kind == "/Btn":
        state = str(widget.get("/AS") or value or "/Off")
        if flags & _PUSH_BUTTON or state in ("/Off", "/", ""):
            return ""
        label = _text(state)
        named = (
            label.casefold() in _text(_inherited(widget, "/TU")).casefold()
            or label.lower() in _TICKS
        )
        return "ticked" if named else f"{label} (ticked)"
    if value is None or (kind == "/Tx" and flags & _PASSWORD):
        return ""
    if kind == "/Sig":
        signer = _text(value.get("/Name")) if hasattr(value, "get") else ""
        return f"signed by {signer}" if signer else "signed"
    values = value if isinstance(value, list) else [value]
    shown = _choices(widget) if kind == "/Ch" else {}
    return ", ".join(filter(None, (shown.get(_text(each), _text(each)) for each in values[:100])))


def _choices(widget: Any) -> dict[str, str]:
    options = _inherited(widget, "/Opt")
    pairs = (
        [option.get_object() for option in options[:_MAX_ON_A_PAGE]]
        if isinstance(options, list)
        else []
    )
    return {
        _text(pair[0]): _text(pair[1])
        for pair in pairs
        if isinstance(pair, list) and len(pair) == 2
    }


def _inherited(widget: Any, name: str) -> Any:
    at = widget
    for _ in range(_MAX_PARENTS):
        value = at.get(name)
        if value is not None:
            return value.get_object() if hasattr(value, "get_object") else value
        above = at.get("/Parent")
        if above is None:
            return None
        at = above.get_object()
    return None


def _comment(annotation: Any, kind: str) -> Annotation | None:
    """A comment, or marked words: "Comment by Jo Reed, 2024-05-03: Too low?"."""
    if kind not in _COMMENTS:
        return None
    words = _text(annotation.get("/Contents"))
    about = _quads(annotation.get("/QuadPoints")) if kind in _MARKED else ()
    if not words and not about:
        return None
    author = " ".join(_text(annotation.get("/T")).replace(":", " ").split())
    date = _DATE.search(_text(annotation.get("/M")) or _text(annotation.get("/CreationDate")))
    what = "Text on the page" if kind == "/FreeText" else "Comment" if words else _MARKED[kind]
    who = ", ".join(
        filter(
            None,
            (f"{what} by {author}" if author else what, "-".join(date.groups()) if date else ""),
        )
    )
    return Annotation("comment", f"{who}: {words}", about)


def _quads(points: Any) -> tuple[Quad, ...]:
    numbers = [
        float(number) for number in (points.get_object() if points is not None else ())[: 8 * 100]
    ]
    found = [numbers[at : at + 8] for at in range(0, len(numbers) - 7, 8)]
    return tuple(
        (min(quad[::2]), min(quad[1::2]), max(quad[::2]), max(quad[1::2])) for quad in found
    )


def _raw_text(value: Any) -> str:
    value = value.get_object() if hasattr(value, "get_object") else value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if hasattr(value, "get_data"):  # a long text is a stream
        return str(value.get_data()[:_MAX_CHARS].decode("utf-8", "replace"))
    return str(value) if value is not None and not isinstance(value, dict | list) else ""


def _text(value: Any) -> str:
    text = strip_invisible(clean(_raw_text(value)[:_MAX_CHARS]))[0]
    return squeeze(" ".join(text.split())).lstrip("/")


def with_annotations(
    pages: Sequence[Page], found: dict[int, list[Annotation]], *, include_hidden: bool
) -> list[Page]:
    """`pages` with what was put onto them as last blocks; with hidden ones where wanted."""
    out = list(pages)
    for index, items in found.items():
        for item in items:
            if item.kind != "hidden" or include_hidden:
                out[index] = with_words(out[index], item.text, item.kind)
    return out


def with_words(page: Page, words: str, kind: str) -> Page:
    """`page` with `words`, if any, as its last block."""
    text = f"{page.text}\n{words}" if page.text else words
    block = Block(len(text) - len(words), len(text), kind)
    return replace(page, text=text, blocks=(*page.blocks, block)) if words else page


def told(found: dict[int, list[Annotation]], include_hidden: bool) -> list[str]:
    """A line for what was read of forms and comments, one for what viewers do not show."""
    lines: list[str] = []
    counts = Counter(item.kind for items in found.values() for item in items)
    parts = [
        f"{count} {name}{'s' if count > 1 else ''}"
        for kind, name in _TOLD.items()
        if (count := counts[kind])
    ]
    if parts:
        lines.append(
            f"{' and '.join(parts)} read, at the end of {'its page' if len(found) == 1 else 'their pages'}"
        )
    if counts["hidden"]:
        lines.append(f"hidden text in forms and comments: {hidden_remark(include_hidden)}")
    return lines


_TOLD = {"field": "filled form field", "comment": "comment"}
