"""HTML to Document: what the page shows, headings as sections, no pages. Nothing is fetched and no
script runs.

Scripts, styles, navigation, forms and drawings are left out; text that the page hides (`hidden`,
`display: none`) is left out and counted. `HtmlBlocks` is the walk, which EPUB and e-mail share.
"""

import re
from collections.abc import Mapping

from selectolax.lexbor import LexborNode

from docqa.ingest.errors import refuse_over_limit
from docqa.ingest.language.numbers import in_letters, in_roman
from docqa.ingest.language.words import word_set
from docqa.ingest.limits import MAX_HTML_BYTES, MAX_HTML_NODES
from docqa.ingest.request import ReadRequest
from docqa.ingest.structure.clean import collapse_whitespace, collapse_whitespace_by_line
from docqa.ingest.structure.grids import MarkupCell
from docqa.ingest.types import Document
from docqa.ingest.writer import BlockWriter, superscript_text

from .html_source import decode_html, parse_html
from .quoted import attribution_line
from .styles import Linked
from .visibility import Visibility

_SKIPPED = word_set(
    "script style noscript noframes noembed template head nav svg iframe object embed canvas audio video select option "
    "textarea datalist button progress meter rt rp annotation annotation-xml"
)
_BLOCKS = word_set(
    "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form "
    "header hgroup hr legend li main menu ol p pre section summary ul caption h1 h2 h3 h4 h5 h6"
)
Attributes = Mapping[str, str | None]
DueHeading = tuple[int, str]
"""The level and the title of a section that begins with the next words."""
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_MARK_ALONE = re.compile(r"[•▪◦●■‣○]|\(\w{1,5}\)|\w{1,3}\)|[a-z]{1,4}\.")
_SPACES = re.compile(r"[ \t\n\r\f]+")
# The elements with which mail programs quote an earlier message.
_QUOTE_CLASSES = word_set("yahoo_quoted protonmail_quote")
# After these the earlier message follows, to the end of what is around them.
_CONTINUED = "(continued)"
_MAX_QUOTES = 6
_QUOTE_IDS = word_set("divRplyFwdMsg appendonsend")


def read_html(request: ReadRequest) -> Document:
    """The Document of HTML or XHTML. Raises NotADocument, NoText and TooLarge."""
    data = request.content
    refuse_over_limit(MAX_HTML_BYTES, len(data), "bytes of HTML")
    source, warnings = decode_html(data)
    writer = BlockWriter(include_hidden=request.include_hidden)
    blocks = HtmlBlocks(writer)
    blocks.write(source)
    title = blocks.title or (
        min(writer.marks, key=lambda mark: mark.level).title if writer.marks else ""
    )
    writer.infer_headings()
    return writer.document(
        request, title=title, media_type="text/html", warnings=[*warnings, *blocks.warnings]
    )


class HtmlBlocks:
    """Writes the visible text of HTML into a BlockWriter; `title`: of <title>. `level` is added to
    that of headings. `quoted`: an e-mail with this label, whose earlier messages are sections.
    `anchors`: by an element's id (None: the beginning) sections (level, title) of a table of
    contents that begin there, as the heading there if any."""

    def __init__(
        self,
        writer: BlockWriter,
        *,
        level: int = 0,
        quoted: str = "",
        anchors: Mapping[str | None, list[DueHeading]] | None = None,
    ) -> None:
        self.title = ""
        self._writer = writer
        self._level = level
        self._anchors = anchors or {}
        self._due: list[DueHeading] = []
        self._inline: list[str] = []
        self._heading = 0
        self._pre = 0
        self._items: list[ListNumbering] = []
        self._prefix = ""
        self._cells: list[MarkupCell] | None = None
        self._marks: list[tuple[int, bool]] = []
        self._layout: set[int] = set()
        self._visibility: Visibility
        self._after_hidden = False
        self._quoted = quoted
        self._quotes: list[int] = []
        self.warnings: list[str] = []

    def write(self, source: str, linked: Linked = lambda _: "") -> None:
        """Writes all of `source`; `linked`: its style sheets. Raises TooLarge for HTML nested
        deeper, or larger, than the limits."""
        tree = parse_html(source)
        title = tree.css_first("head title")
        self.title = collapse_whitespace(title.text()) if title else ""
        # Tables around elements that tables of data do not have.
        inner = tree.css("table table, table h1, table h2, table h3, table h4, table ul, table ol")
        self._layout = {table.mem_id for table in map(_table_around, inner) if table is not None}
        self._visibility = Visibility(tree, source.count("<") // 2, linked)
        self._due += self._anchors.get(None, ())
        if tree.root is not None:
            self._walk_nodes(tree.root)
        self._end_paragraph()
        if self._prefix:  # a mark after which nothing comes
            self._writer.block(self._prefix.rstrip(), "para")
            self._prefix = ""
        if skipped := self._visibility.sheets.skipped:
            many = f"{skipped:,} rules of its style sheets"
            self.warnings.append(f"{many} were not looked at: what they hide is read")
        self.warnings += (
            f"{doubt} is read, and may be hidden" for doubt in sorted(self._visibility.doubts)
        )

    def _walk_nodes(self, root: LexborNode) -> None:
        """Without recursion: a page may be nested deeper than Python's stack."""
        node: LexborNode | None = root
        open_nodes: list[tuple[LexborNode, str]] = []
        count = 0
        while node is not None or open_nodes:
            if node is None:
                closed, tag = open_nodes.pop()
                self._leave_element(closed, tag)
                node = closed.next if open_nodes else None
                continue
            count += 1
            refuse_over_limit(MAX_HTML_NODES, count, "elements")
            tag = node.tag or ""
            if tag == "-text":
                self._add_text((node.text_content or "").replace("\u00ad", ""))
            elif not tag.startswith(("-", "!")) and self._enter_element(node, tag):
                open_nodes.append((node, tag))
                node = node.first_child
                continue
            node = node.next if open_nodes else None

    def _add_text(self, text: str) -> None:
        if self._visibility.unseen:
            if text.strip():
                self._writer.hide(text, continues_last=self._after_hidden)
                self._after_hidden = True
            return
        if text.strip():
            self._after_hidden = False
            self._visibility.show()
        self._inline.append(text if self._pre else _SPACES.sub(" ", text))

    def _enter_element(self, node: LexborNode, tag: str) -> bool:
        """False leaves the element out with all that is in it."""
        if tag in _SKIPPED:
            return False
        attributes = node.attributes
        if not self._visibility.enter(node, tag, attributes):
            self._writer.hide(node.text())
            return False
        if tag in _BLOCKS or tag in ("table", "tr", "td", "th"):
            self._end_paragraph()
        for key in (attributes.get("id"), attributes.get("name") if tag == "a" else None):
            if key:
                self._due += self._anchors.get(key, ())
        if tag == "math" and attributes.get("alttext"):
            # What the author wrote reads better than the letters of the markup in a row.
            self._inline.append(f"${attributes['alttext']}$")
            self._visibility.leave()
            return False
        self._begin_element(node, tag, attributes)
        return True

    def _begin_element(self, node: LexborNode, tag: str, attributes: Attributes) -> None:
        if self._quoted and len(self._quotes) < _MAX_QUOTES and _is_quoted_message(tag, attributes):
            self._begin_quoted_section(node)
        if tag in _HEADINGS:
            self._heading = _HEADINGS[tag]
        elif tag == "pre":
            self._pre += 1
        elif tag in ("ul", "ol", "menu"):
            self._items.append(ListNumbering(tag == "ol", attributes))
        elif tag == "li":
            self._prefix = self._items[-1].next(attributes) if self._items else "- "
        elif tag == "tr" and self._is_data_row(node):
            self._cells = []
        elif tag == "br":
            self._inline.append("\n")
        elif tag == "q":
            self._inline.append("“")
        elif tag == "sup" or _is_note_mark(tag, attributes):
            around = getattr(node.parent, "tag", "")
            linked = "a" in (tag, around) or node.css_first("a") is not None
            self._marks.append((len(self._inline), linked))

    def _begin_quoted_section(self, node: LexborNode) -> None:
        """What says whose message it is may be right before."""
        self._end_paragraph()
        before = self._writer.last_text() if not self._quotes else ""
        title = attribution_line(before.split("\n")) or "message"
        around = node.parent if node.attributes.get("id") in _QUOTE_IDS else None
        self._quotes.append((around or node).mem_id)
        title = f"Quoted: {title}" if before else "Quoted message"
        self._due.append((self._level + len(self._quotes), title))

    def _end_quoted_section(self) -> None:
        self._end_paragraph()
        self._quotes.pop()
        if not self._quotes:
            self._due = [(self._level + 1, _CONTINUED)]

    def _leave_element(self, node: LexborNode, tag: str) -> None:
        self._visibility.leave()
        if tag in ("td", "th") and self._cells is not None:
            words = collapse_whitespace("".join(self._inline))
            columns = _parse_integer(node.attributes.get("colspan"), 1)
            rows = _parse_integer(node.attributes.get("rowspan"), 1)
            self._cells.append(MarkupCell(words, columns, rows, tag == "th"))
            self._inline.clear()
        elif tag == "tr" and self._cells is not None:
            row = self._cells
            self._cells = None
            table = _table_around(node)
            self._mark_waiting_headings(
                self._writer.row(row, table.mem_id if table is not None else 0)
            )
        elif tag in _BLOCKS:
            self._end_paragraph()
        while self._quotes and self._quotes[-1] == node.mem_id:
            self._end_quoted_section()
        if tag in _HEADINGS:
            self._heading = 0
        elif tag == "pre":
            self._pre -= 1
        elif tag in ("ul", "ol", "menu"):
            self._items.pop()
        elif tag == "li":
            self._prefix = ""
        elif tag == "q":
            self._inline.append("”")
        elif tag == "sup" or _is_note_mark(tag, node.attributes):
            start, note = self._marks.pop()
            text = "".join(self._inline[start:])
            self._inline[start:] = [
                superscript_text(
                    "".join(self._inline[max(start - 1, 0) : start]), text, is_note=note
                )
            ]

    def _is_data_row(self, row: LexborNode) -> bool:
        table = _table_around(row) if self._cells is None else None
        return table is not None and table.mem_id not in self._layout

    def _end_paragraph(self) -> None:
        if self._cells is not None:
            # Blocks in a cell are on the line of its row.
            self._inline.append(" ")
            return
        text = "".join(self._inline)
        self._inline.clear()
        self._marks = [(0, linked) for _, linked in self._marks]
        if self._pre:
            self._mark_waiting_headings(self._writer.block(text.rstrip(), "code"))
            return
        text = collapse_whitespace_by_line(text)
        if _MARK_ALONE.fullmatch(text) and not (self._items or self._prefix):
            self._prefix = f"{text} "
        elif text and self._heading and self._items:
            self._put_heading(text)
        elif text:
            text = self._prefix + text
            self._prefix = ""
            if self._heading:
                self._put_heading(text)
            else:
                kind = "list" if self._items else "quoted" if self._quotes else "para"
                self._mark_waiting_headings(self._writer.block(text, kind))

    def _put_heading(self, text: str) -> None:
        if not self._due:
            self._writer.heading(text, self._level + self._heading)
            return
        due = self._due
        self._due = []
        start = self._writer.block(collapse_whitespace(text), "heading")
        for level, title in due:
            if start is not None:
                self._writer.mark(level, None, title, start)

    def _mark_waiting_headings(self, start: int | None) -> None:
        if start is not None:
            for level, title in self._due:
                self._writer.mark(
                    level, None, title, start, label=self._quoted if title == _CONTINUED else None
                )
            self._due.clear()


class ListNumbering:
    def __init__(self, ordered: bool, attributes: Attributes) -> None:
        self._ordered = ordered
        self._kind = attributes.get("type") or "1"
        self._at = _parse_integer(attributes.get("start"), 1) - 1

    def next(self, attributes: Attributes) -> str:
        if not self._ordered:
            return "- "
        if marked := attributes.get("data-mark"):
            return f"{marked} "
        self._at = _parse_integer(attributes.get("value"), self._at + 1)
        spelt = {"a": in_letters, "i": in_roman}.get(self._kind.lower(), str)(self._at)
        return f"{spelt.upper() if self._kind.isupper() else spelt}. "


def _is_note_mark(tag: str, attributes: Attributes) -> bool:
    kinds = (attributes.get("epub:type") or "", attributes.get("role") or "")
    return tag == "a" and ("noteref" in kinds[0].split() or "doc-noteref" in kinds[1].split())


def _parse_integer(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch(r"-?\d{1,6}", text.strip()) else default


def _table_around(node: LexborNode) -> LexborNode | None:
    table = node.parent
    while table is not None and table.tag != "table":
        table = table.parent
    return table


def _is_quoted_message(tag: str, attributes: Attributes) -> bool:
    if tag == "blockquote":
        return attributes.get("type") == "cite" or "quote" in (attributes.get("class") or "")
    classes = set((attributes.get("class") or "").split())
    return tag == "div" and (attributes.get("id") in _QUOTE_IDS or bool(classes & _QUOTE_CLASSES))
