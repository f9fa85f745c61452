"""Annotations of a PDF, which are outside its pages' text: filled form fields, comments, marked
words.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from typing import Any, NamedTuple

from docqa.ingest.assemble import hidden_remark
from docqa.ingest.colours import BLACK, Colour, are_alike
from docqa.ingest.language.words import word_set
from docqa.ingest.request import ReadRequest
from docqa.ingest.structure.clean import clean_text, squeeze_spaces, strip_invisible
from docqa.ingest.types import Block, Page

from .errors import pdf_errors
from .measures import (
    CLEAR,
    MOST_ANNOTATION_CHARS,
    MOST_ANNOTATIONS,
    MOST_PARENTS,
    MOST_PARTS,
    SMALLEST_LETTERS,
)
from .references import resolve_reference
from .visibility.objects import Box, box_around_points

_UNSEEN_MODES = (3, 7)  # of text: invisible, and the same as a clip
_RGB = 3
_UNSEEN = 0b100010  # flags: hidden, not to be viewed
_PASSWORD = 1 << 13
_PUSH_BUTTON = 1 << 16
_TICKS = word_set("yes on 1 true x")
_COLOUR_OPERATORS = (b"g", b"rg", b"k", b"sc", b"scn")
_DATE = re.compile(r"(?:D:)?(\d{4})(\d{2})(\d{2})")
_MARKED = {
    "/Highlight": "Highlighted",
    "/Underline": "Underlined",
    "/StrikeOut": "Struck out",
    "/Squiggly": "Underlined",
}
_COMMENTS = word_set(
    "/Text /FreeText /Stamp /Caret /Ink /Line /Square /Circle /Polygon /PolyLine /FileAttachment /Redact"
).union(_MARKED)
_NAMES = {"field": "filled form field", "comment": "comment"}


class PageNote(NamedTuple):
    """An annotation of a page as text: `kind` of a Block or `hidden`; `marked`: the boxes of the
    words that it marks.
    """

    kind: str
    text: str
    marked: tuple[Box, ...] = ()


NotesByPage = dict[int, list[PageNote]]


def read_annotations(reader: Any, request: ReadRequest) -> NotesByPage:
    """The annotations of each page (from 0), in the order of the file."""
    notes: NotesByPage = {}
    with suppress(*pdf_errors()):
        for index, page in enumerate(reader.pages):
            with suppress(*pdf_errors()):
                items = resolve_reference(page.get("/Annots"))
                if isinstance(items, list) and (
                    own := list(_notes_from_annotations(items[:MOST_ANNOTATIONS]))
                ):
                    notes[index] = own
    if not request.pdfium or not any(note.marked for own in notes.values() for note in own):
        return notes
    import pypdfium2

    try:
        with closing(pypdfium2.PdfDocument(request.content, password=request.password)) as file:
            return {
                index: _add_words_under_highlights(file, index, own) for index, own in notes.items()
            }
    except pypdfium2.PdfiumError:
        return notes


def _add_words_under_highlights(file: Any, index: int, notes: list[PageNote]) -> list[PageNote]:
    if not any(note.marked for note in notes):
        return notes
    with closing(file[index]) as page, closing(page.get_textpage()) as text_page:
        quoted: list[PageNote] = []
        for note in notes:
            lines = [text_page.get_text_bounded(*quad) for quad in note.marked]
            words = squeeze_spaces(clean_text(" ".join(" ".join(lines).split())))
            bare = note.text.endswith(": ")
            if words:
                quote = f"“{words}”" if bare else f" (on “{words}”)"
                quoted.append(note._replace(text=note.text + quote))
            elif not bare:
                quoted.append(note)
        return quoted


def _notes_from_annotations(annotations: Sequence[Any]) -> Iterator[PageNote]:
    for reference in annotations:
        with suppress(*pdf_errors()):
            annotation = reference.get_object()
            kind = str(annotation.get("/Subtype", ""))
            note = (
                _note_from_field(annotation)
                if kind == "/Widget"
                else _note_from_comment(annotation, kind)
            )
            if note is not None:
                unseen = int(annotation.get("/F", 0)) & _UNSEEN or _is_hidden_annotation(annotation)
                yield note._replace(kind="hidden") if unseen else note


def _is_hidden_annotation(annotation: Any) -> bool:
    """Whether it is clear or empty, or draws words that nobody sees."""
    from pypdf.generic import DecodedStreamObject

    default = DecodedStreamObject()
    default.set_data(f"{_raw_text(_inherited_field_value(annotation, '/DA'))} () Tj".encode())
    with suppress(*pdf_errors()):
        paper = _colour_from_numbers((annotation.get("/MK") or {}).get("/BG") or [1])
        drawn = _inherited_field_value(annotation.get("/AP") or {}, "/N")
        shown = list(_visibility_of_letter_runs(drawn, paper)) or list(
            _visibility_of_letter_runs(default, paper)
        )
        x0, y0, x1, y1 = map(float, annotation["/Rect"])
        is_text = annotation["/Subtype"] == "/FreeText" or _inherited_field_value(
            annotation, "/FT"
        ) in (
            "/Tx",
            "/Ch",
        )
        empty = is_text and min(abs(x1 - x0), abs(y1 - y0)) < 1
        return empty or not any(shown) or float(annotation.get("/CA", 1)) < CLEAR
    return False


def _visibility_of_letter_runs(stream: Any, paper_colour: Colour) -> Iterator[bool]:
    """For each run of letters that is drawn."""
    from pypdf.generic import ContentStream

    colour = BLACK
    size = 12.0
    mode = 0
    saved = []
    smallest = SMALLEST_LETTERS
    drawing = ContentStream(stream, None).operations if hasattr(stream, "get_data") else ()
    for operands, operator in drawing:
        if operator == b"q":
            saved.append((colour, size, mode))
        elif operator == b"Q" and saved:
            colour, size, mode = saved.pop()
        elif operator in _COLOUR_OPERATORS:
            colour = _colour_from_numbers(operands)
        elif operator == b"Tf":
            size = float(operands[1])
        elif operator == b"Tr":
            mode = operands[0]
        elif operator in (b"cm", b"Tm"):
            smallest = 0.0  # what enlarges letters is not followed
        elif operator in (b"f", b"f*"):
            paper_colour = colour
        elif operator in (b"Tj", b"TJ", b"'"):
            yield (
                mode not in _UNSEEN_MODES
                and not 0 < size < smallest
                and not are_alike(colour, paper_colour)
            )


def _colour_from_numbers(numbers: Sequence[Any]) -> Colour:
    """Of a grey, of red, green and blue, or of four inks."""
    parts = [*map(float, numbers)]
    if len(parts) > _RGB:
        parts = [1 - ink - parts[_RGB] for ink in parts[:_RGB]]
    else:
        parts *= _RGB
    red, green, blue = (round(255 * max(part, 0.0)) for part in parts[:_RGB])
    return red, green, blue


def _note_from_field(widget: Any) -> PageNote | None:
    """A form field that is filled: "Name of the owner (form field): Ann Lee"."""
    flags = int(_inherited_field_value(widget, "/Ff") or 0)
    kind = str(_inherited_field_value(widget, "/FT") or "")
    value = _shown_field_value(widget, kind, flags)
    if not value:
        return None
    name = (
        _one_line_text(_inherited_field_value(widget, "/TU"))
        or _one_line_text(_inherited_field_value(widget, "/T"))
        or "unnamed"
    )
    return PageNote("field", f"{name.rstrip(' :')} (form field): {value}")


def _shown_field_value(widget: Any, kind: str, flags: int) -> str:
    value = _inherited_field_value(widget, "/V")
    if kind == "/Btn":
        state = str(widget.get("/AS") or value or "/Off")
        if flags & _PUSH_BUTTON or state in ("/Off", "/", ""):
            return ""
        label = _one_line_text(state)
        named = (
            label.casefold() in _one_line_text(_inherited_field_value(widget, "/TU")).casefold()
            or label.lower() in _TICKS
        )
        return "ticked" if named else f"{label} (ticked)"
    if value is None or (kind == "/Tx" and flags & _PASSWORD):
        return ""
    if kind == "/Sig":
        signer = _one_line_text(value.get("/Name")) if hasattr(value, "get") else ""
        return f"signed by {signer}" if signer else "signed"
    values = value if isinstance(value, list) else [value]
    shown = _shown_text_by_choice(widget) if kind == "/Ch" else {}
    texts = map(_one_line_text, values[:MOST_PARTS])
    return ", ".join(filter(None, (shown.get(text, text) for text in texts)))


def _shown_text_by_choice(widget: Any) -> dict[str, str]:
    """The text that is shown for each value of a choice field."""
    options = _inherited_field_value(widget, "/Opt")
    pairs = []
    if isinstance(options, list):
        pairs = [option.get_object() for option in options[:MOST_ANNOTATIONS]]
    return {
        _one_line_text(pair[0]): _one_line_text(pair[1])
        for pair in pairs
        if isinstance(pair, list) and len(pair) == 2
    }


def _inherited_field_value(widget: Any, name: str) -> Any:
    """The value of a form field, or of the fields above it."""
    for _ in range(MOST_PARENTS):
        value = widget.get(name)
        if value is not None:
            return resolve_reference(value)
        parent = widget.get("/Parent")
        if parent is None:
            return None
        widget = parent.get_object()
    return None


def _note_from_comment(annotation: Any, kind: str) -> PageNote | None:
    """A comment, or marked words: "Comment by Jo Reed, 2024-05-03: Too low?"."""
    if kind not in _COMMENTS:
        return None
    words = _one_line_text(annotation.get("/Contents"))
    marked = _boxes_from_quad_points(annotation.get("/QuadPoints")) if kind in _MARKED else ()
    if not words and not marked:
        return None
    what = "Text on the page" if kind == "/FreeText" else "Comment" if words else _MARKED[kind]
    author = " ".join(_one_line_text(annotation.get("/T")).replace(":", " ").split())
    if author:
        what = f"{what} by {author}"
    date = _DATE.search(
        _one_line_text(annotation.get("/M")) or _one_line_text(annotation.get("/CreationDate"))
    )
    if date:
        what = f"{what}, {'-'.join(date.groups())}"
    return PageNote("comment", f"{what}: {words}", marked)


def _boxes_from_quad_points(points: Any) -> tuple[Box, ...]:
    listed = resolve_reference(points) or ()
    numbers = [float(number) for number in listed[: 8 * MOST_PARTS]]
    points = list(zip(numbers[::2], numbers[1::2]))
    return tuple(box_around_points(points[at : at + 4]) for at in range(0, len(points) - 3, 4))


def _raw_text(value: Any) -> str:
    value = resolve_reference(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if hasattr(value, "get_data"):  # a long text is a stream
        return str(value.get_data()[:MOST_ANNOTATION_CHARS].decode("utf-8", "replace"))
    return str(value) if value is not None and not isinstance(value, dict | list) else ""


def _one_line_text(value: Any) -> str:
    text = strip_invisible(clean_text(_raw_text(value)[:MOST_ANNOTATION_CHARS]))[0]
    return squeeze_spaces(" ".join(text.split())).lstrip("/")


def append_annotations(
    pages: Sequence[Page], notes: NotesByPage, *, include_hidden: bool
) -> list[Page]:
    """`pages` with their `notes` as last blocks; with hidden ones where wanted."""
    annotated = list(pages)
    for index, own in notes.items():
        for note in own:
            if note.kind != "hidden" or include_hidden:
                annotated[index] = append_block(annotated[index], note.text, note.kind)
    return annotated


def append_block(page: Page, words: str, kind: str) -> Page:
    """`page` with `words`, if any, as its last block."""
    text = f"{page.text}\n{words}" if page.text else words
    block = Block(len(text) - len(words), len(text), kind)
    return replace(page, text=text, blocks=(*page.blocks, block)) if words else page


def annotation_warnings(notes: NotesByPage, include_hidden: bool) -> Iterator[str]:
    """A line about forms and comments that were read, one about what viewers do not show."""
    counts = Counter(note.kind for own in notes.values() for note in own)
    parts = [
        f"{counts[kind]} {name}{'s' if counts[kind] > 1 else ''}"
        for kind, name in _NAMES.items()
        if counts[kind]
    ]
    if parts:
        where = "its page" if len(notes) == 1 else "their pages"
        yield f"{' and '.join(parts)} read, at the end of {where}"
    if counts["hidden"]:
        yield f"hidden text in forms and comments: {hidden_remark(include_hidden)}"
