"""United States Legislative Markup (bills, the US Code) to Document: levels are sections, no pages.

A level prints its `num` and `heading` on a line, its text below; its identifier is the section's id
in the law. Quoted law (`quotedContent`) is text, never sections. Document types and entities are
refused.
"""

from xml.etree.ElementTree import Element

from docqa.ingest.assemble import assemble_document
from docqa.ingest.language.words import word_set
from docqa.ingest.request import ReadRequest
from docqa.ingest.structure import outline
from docqa.ingest.structure.clean import (
    clean_text,
    collapse_whitespace,
    squeeze_spaces,
    strip_invisible,
)
from docqa.ingest.types import Document
from docqa.ingest.writer import TextWriter
from docqa.ingest.xml_tree import (
    descendants_with_names,
    first_descendant_by_path,
    local_name,
    parse_xml,
)

_NAMESPACES = ("http://xml.house.gov/schemas/uslm/", "http://schemas.gpo.gov/xml/uslm")
# From the outside in.
_BIG = (
    "title subtitle chapter subchapter part subpart division subdivision article subarticle appendix schedule section "
    "preamble "
)
_SMALL = "subsection paragraph subparagraph clause subclause item subitem subsubitem level"
_LEVELS = (_BIG + _SMALL).split()
_LINES = word_set(
    "chapeau continuation proviso content p longTitle docTitle officialTitle enactingFormula note sourceCredit "
    "signatures recital docNumber term row tr"
)
_SKIPPED = word_set("meta toc style script layout")
_QUOTED = word_set("quotedContent quotedText")


def is_uslm(data: bytes) -> bool:
    """Whether the first 4 KiB of XML name a USLM namespace."""
    head = data[:4096]
    return any(name.encode() in head for name in _NAMESPACES)


def read_uslm(request: ReadRequest) -> Document:
    """The Document of USLM. Raises Unreadable, TooLarge and NoText."""
    root = parse_xml(request.content)
    writer = _UslmWriter()
    writer.walk(root, False)
    writer.flush()
    titles = (
        element.text
        for element in descendants_with_names(root, "title")
        if not len(element) and "purl.org/dc" in element.tag
    )
    title = squeeze_spaces(clean_text(next(filter(None, titles), "")))
    return assemble_document(
        request,
        title=title,
        media_type="application/uslm+xml",
        paged=False,
        pages=[writer.page()],
        sections=outline.build_sections(writer.marks),
        hidden=writer.hidden,
    )


class _UslmWriter(TextWriter):
    def __init__(self) -> None:
        super().__init__()
        self._pending: list[str] = []
        self._numbered = False

    def walk(self, element: Element, quoted: bool) -> None:
        name = local_name(element)
        if name in _SKIPPED:
            return
        quoted = quoted or name in _QUOTED
        is_level = name in _LEVELS and not quoted
        children = list(element)
        if is_level:
            children = self._write_level_heading(element, name, children)
        elif (name in _LINES or name in _LEVELS) and not self._numbered:
            self.flush()
        self._add_text(element.text)
        for inner in children:
            self.walk(inner, quoted)
            self._add_text(inner.tail)
        if is_level or name in _LINES or name in _LEVELS:
            self.flush()

    def _write_level_heading(
        self, element: Element, name: str, children: list[Element]
    ) -> list[Element]:
        """Prints number and heading of a level; its other children are returned."""
        if not self._numbered:
            self.flush()
        num = first_descendant_by_path(element, "num")
        heading = first_descendant_by_path(element, "heading")
        number = _words_in_element(num)
        title = _words_in_element(heading)
        start = self._length + bool(self.blocks)
        head = squeeze_spaces(f"{number} {title}")
        if head and (heading is not None or name in _BIG.split()):
            level = _LEVELS.index(name) + 1
            number = number.strip(" .—")
            self.marks.append(
                outline.HeadingMark(level, number or None, title or head, 1, start, "markup", 1.0)
            )
            self.flush()
            self._pending.append(head)
            self.flush("heading")
        elif number:
            # The text that follows goes on the line of its number.
            self._pending.append(number + " ")
            self._numbered = True
        return [c for c in children if c is not num and c is not heading]

    def _add_text(self, text: str | None) -> None:
        if text and (self._pending or text.strip()):
            self._pending.append(text)
            self._numbered = self._numbered and not text.strip()

    def flush(self, kind: str = "para") -> None:
        text, hidden = strip_invisible(clean_text("".join(self._pending)))
        self.hidden += hidden
        self._pending.clear()
        self._numbered = False
        text = collapse_whitespace(text)
        if text:
            self.put(text, kind, "\n")


def _words_in_element(element: Element | None) -> str:
    return "" if element is None else collapse_whitespace(clean_text("".join(element.itertext())))
