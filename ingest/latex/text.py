"""The words of LaTeX: nodes of its markup to pieces of text; numbers come later, when the whole
document is known.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from docqa.ingest.language.numbers import in_letters, in_roman
from docqa.ingest.language.words import word_set
from docqa.ingest.structure.clean import collapse_whitespace, collapse_whitespace_by_line
from docqa.ingest.structure.grids import MarkupCell
from docqa.ingest.writer import superscript_text

from . import markup as tex
from .look import SETTING, UNPRINTED, WITHIN, LetterAppearance, NamedColours
from .numbers import COUNTING, LEVELS, UnnumberedBlock

_NOTE_MARK = re.compile(r"\[\d+\]")
_MAX_DEPTH = 8
_ARGUMENT = "\x03"
_FILLED = ("box", "framed", "shaded", "tikz")  # environments with a ground of their own
_LOOKS = SETTING | WITHIN | UNPRINTED
_OF_LOOK = _LOOKS | word_set("definecolor providecolor colorlet setbox")


@dataclass
class _Flow:
    """Text in order: `pieces` that are done, then the `words` of the next, after its `prefix`."""

    pieces: list[UnnumberedBlock] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    prefix: str = ""


class LatexText:
    """Turns nodes into `pieces`, in order; `hidden`: text that would not be seen, `unread`: what
    was not read.
    """

    def __init__(self, names: tex.DefinedNames) -> None:
        self.title = ""
        self.hidden: list[str] = []
        self.unread = tex.UnreadMarkup()
        self._page = _Flow()
        self._flow = self._page  # or that of an argument
        self.pieces = self._page.pieces
        self._labels: list[str] = []
        self._footnotes: list[UnnumberedBlock] = []
        self._notes = self._tables = 0
        self._lists: list[list[Any]] = []
        self._kind = "para"
        self._float = ""
        self._outermost = "section"
        self._spans: dict[str, int] = {}  # columns and rows of a cell
        self._depth = 0
        self._next: Any = None
        self._names = names
        self._look = LetterAppearance()
        self._colours = NamedColours()
        self._hiding: dict[str, list[bool]] = {}
        self._unprinted: list[bool] = []

    def write_front_matter(self, preamble: str) -> None:
        """Title and author; and the colours that the preamble names."""
        for line in preamble.splitlines():
            if line.lstrip().startswith(("\\definecolor", "\\colorlet", "\\pagecolor")):
                self._words_of(tex.parse_latex(line))
        for name in ("title", "author"):
            match = re.search(rf"\\{name}\s*+(?:\[[^\]]{{0,500}}\]\s*+)?\{{", preamble)
            if match:
                text = self._words_of(tex.parse_latex(preamble[match.end() :], "}"))
                self._say(text)
                self._end_piece()
                if name == "title":
                    self.title = _NOTE_MARK.sub("", text)
        self._end_paragraph()

    def write(self, nodes: Iterable[Any]) -> None:
        """Writes nodes of the body and ends the last paragraph."""
        self._add_nodes(nodes)
        self._end_paragraph()

    def _add_nodes(self, nodes: Iterable[Any]) -> None:
        before = None
        for node, after in pairwise((*nodes, None)):
            if node is None:
                continue
            if tex.is_group(node) and tex.is_index(before):
                continue  # what an index macro puts into the index, not on the page
            if tex.is_group(node) and tex.is_group(before):
                self._say(" ")  # two arguments of an unknown macro
            before = node
            self._next = after
            if self._unprinted and tex.is_group(node) and self._unprinted.pop(0):
                self.hidden.append(node.latex_verbatim().strip("{}"))
                continue
            self._add_node(node)

    def _add_node(self, node: Any) -> None:
        kind = type(node).__name__
        if self._look.unseen and kind in ("LatexCharsNode", "LatexMathNode", "LatexSpecialsNode"):
            self.hidden.append(node.latex_verbatim())
            if "\n\n" in node.latex_verbatim():
                self._end_paragraph()
        elif kind == "LatexCharsNode":
            for number, part in enumerate(re.split(r"\n[ \t]*\n\s*", node.chars)):
                if number:
                    self._end_paragraph()
                self._say(re.sub(r"\s+", " ", part))
        elif kind == "LatexCommentNode":
            # TeX drops the end of the line with the comment, and white space that follows; an empty
            # line stays.
            if "\n" in node.comment_post_space[1:].replace(" ", ""):
                self._end_paragraph()
        elif kind in ("LatexGroupNode", "LatexEnvironmentNode"):
            outer = self._look
            if tex.is_group(node):
                self._add_nodes(node.nodelist)
            else:
                self._write_environment(node)
            self._look = outer
        elif kind == "LatexMathNode":
            self._add_formula(node, "\n" if node.displaytype == "display" else "")
        elif kind == "LatexSpecialsNode":
            self._say({"~": " ", "&": "&"}.get(node.specials_chars) or tex.plain_text(node))
        elif kind == "LatexMacroNode":
            self._add_macro(node)

    def _add_formula(self, node: Any, delimiters: str) -> None:
        """Mathematics as written, unless it hides three words."""
        text = collapse_whitespace(node.latex_verbatim())
        hidden: list[str] = []
        if any(f"\\{name}" in text for name in _LOOKS):
            hidden = self._on_trial(node.nodelist, self._look).hidden
        words = " ".join(hidden).replace("{", " ").replace("}", " ").split()
        if sum(word.isalpha() and len(word) > 1 for word in words) > 2:
            self.hidden.append(text)
        else:
            self._say(f"{delimiters}{text}{delimiters}")

    def _on_trial(self, nodes: Sequence[Any], look: LetterAppearance) -> "LatexText":
        """`nodes` written apart from the document, to see what of them is hidden."""
        trial = LatexText(self._names)
        trial._look = look
        trial._colours = self._colours
        trial._hiding = self._hiding
        trial._depth = self._depth + 1
        trial.write(nodes)
        return trial

    def _add_macro(self, node: Any) -> None:
        name = node.macroname
        arguments = tex.arguments_of(node)
        last = arguments[-1:]
        if name in _OF_LOOK:
            self._set_appearance(node, name, arguments)
        elif name in LEVELS:
            self._write_section_heading(name, arguments)
        elif name == "label":
            self._labels.append(self._words_of(last))
        elif name == "pageref":  # there are no pages
            self._say(f"[{self._words_of(last)}]")
        elif name in tex.REFERENCES:
            keys = self._words_of(last).split(",")
            self._say(", ".join(f"\x01{key.strip()}\x02" for key in keys))
        elif name.lower() in ("footnote", "footnotetext", "thanks"):
            self._add_footnote(arguments)
        elif "cite" in name.lower() and name != "nocite":
            self._add_citation(arguments)
        elif name == "item":
            self._begin_list_item(arguments)
        elif name == "bibitem":
            self._end_paragraph()
            self._flow.prefix = f"[{self._words_of(last)}] "
        elif name == "caption":
            self._end_paragraph()
            caption = self._words_of(last)
            self._flow.pieces.append(UnnumberedBlock("para", caption, self._float))
        elif name == "title" and not self.title:
            self.title = _NOTE_MARK.sub("", self._words_of(last))
            self._say(self.title)
            self._end_paragraph()
        elif name in tex.INPUTS:
            self.unread.inputs.append(collapse_whitespace(node.latex_verbatim())[:300])
        elif name in COUNTING:
            counter = self._words_of(arguments[-2:-1])
            value = self._words_of(last)
            self.pieces.append(UnnumberedBlock(name, value, counter))
        elif name in ("par", "paragraphbreak", "newpage", "clearpage"):
            self._end_paragraph()
        elif name == "and":
            self._flow.words = ["".join(self._flow.words).rstrip(), ", "]
        elif name == "verb":
            self._say(getattr(node.nodeargd, "verbatim_text", ""))
        elif name == "textsuperscript":
            before = "".join(self._flow.words[-1:])
            self._say(superscript_text(before, self._words_of(last)))
        elif name in ("multicolumn", "multirow"):
            count = self._words_of(arguments[:1])
            self._spans[name] = int(count[:3]) if count.isdecimal() else 1
            self._add_nodes(last)
        elif name in tex.UNWRAPPED or (arguments and name.startswith("text")):
            self._add_nodes(last)
            self._say(" " if node.macro_post_space and not arguments else "")
        elif name not in tex.DROPPED:
            self._add_other_macro(node, name, arguments)

    def _set_appearance(self, node: Any, name: str, arguments: list[Any]) -> None:
        if name in UNPRINTED:
            self.hidden += [argument.latex_verbatim() for argument in arguments[-1:]]
            return
        inside = arguments[-1:] if name in WITHIN else []
        settings = arguments[:-1] if inside else arguments
        told = [self._words_of([argument]) for argument in settings]
        if name in ("definecolor", "providecolor", "colorlet") and len(told) > 1:
            self._colours.named[told[0]] = self._colours.parse_colour(
                told[-1], "" if name == "colorlet" else told[1]
            )
        elif name == "setbox":
            self._unprinted = [True]
        elif name in SETTING or inside:
            outer = self._look
            self._look = self._look.after_macro(name, told, self._colours)
            if inside:
                self._add_nodes(inside)
                self._look = outer

    def _hidden_arguments_of_macro(self, name: str) -> list[bool]:
        """Which of the arguments of the macro `name` of the document are not shown."""
        if name not in self._hiding:
            self._hiding[name] = []  # while it is looked at
            numbers, body = self._names.taking[name]
            found = ""
            if self._depth < _MAX_DEPTH:
                nodes = tex.parse_latex(body.replace("#", _ARGUMENT))
                trial = self._on_trial(nodes, LetterAppearance())
                self.unread.macros += trial.unread.macros
                # Boxes print later.
                found = "" if "usebox" in body or "unhbox" in body else "".join(trial.hidden)
            self._hiding[name] = [
                f"#{at}" not in body or f"{_ARGUMENT}{at}" in found for at in numbers
            ]
        return self._hiding[name]

    def _add_other_macro(self, node: Any, name: str, arguments: list[Any]) -> None:
        if name in self._names.taking:
            self._unprinted = [*self._hidden_arguments_of_macro(name)]
        explained = self._names.nodes_of_macro(name) if self._depth < _MAX_DEPTH else None
        if explained is not None:
            # "\name{} is" and "\name\ is" bring their own space, "\name is" has none.
            self._depth += 1
            self._add_nodes(explained)
            self._depth -= 1
            return
        if name == "ensuremath":
            self._say(f"${self._words_of(arguments)}$")
            return
        text = tex.plain_text(node)
        if name in tex.SIGNS or text.strip():
            self._say(tex.SIGNS.get(name, text))
            return
        if not tex.is_index(node):
            self.unread.macros[name] += 1
            if not arguments and not (tex.is_group(self._next) and self._next.nodelist):
                self._say(f"\\{name}{node.macro_post_space}")
        self._add_nodes(arguments)

    def _write_section_heading(self, name: str, arguments: list[Any]) -> None:
        self._end_paragraph()
        title = self._words_of(arguments[-1:])
        if title:
            starred = any(getattr(argument, "chars", "") == "*" for argument in arguments[:1])
            self._flow.pieces.append(UnnumberedBlock("heading", title, name, not starred))
            if name == "chapter":
                self._outermost = name

    def _add_footnote(self, arguments: list[Any]) -> None:
        self._notes += 1
        mark = f"[{self._notes}]"
        self._say(mark)
        text = self._words_of(arguments[-1:])
        self._footnotes.append(UnnumberedBlock("para", f"{mark} {text}"))

    def _add_citation(self, arguments: list[Any]) -> None:
        keys = [key.strip() for key in self._words_of(arguments[-1:]).split(",")]
        notes = [self._words_of([node]) for node in arguments[:-1]]
        parts = keys + [note for note in notes if note not in ("", "*")]
        self._say(f"[{', '.join(parts)}]")

    def _begin_list_item(self, arguments: list[Any]) -> None:
        self._end_paragraph()
        prefix = self._words_of(arguments[-1:]) or "-"
        if prefix == "-" and self._lists and self._lists[-1][0] == "enumerate":
            self._lists[-1][1] += 1
            count = self._lists[-1][1]
            depth = sum(kind == "enumerate" for kind, _ in self._lists)
            letter = in_letters(count)
            forms = (f"{count}.", f"({letter})", f"{in_roman(count)}.", f"{letter.upper()}.")
            prefix = forms[min(depth, 4) - 1]
        self._flow.prefix = f"{prefix} "
        self._kind = "list"

    def _write_environment(self, node: Any) -> None:
        name = node.environmentname
        plain = name.rstrip("*")
        macros = [tex.name_of_macro(inner) for inner in node.nodelist]
        if any(part in name for part in _FILLED):
            self._look = self._look._replace(ground=None)
        if name == "lrbox":
            self.hidden.append(node.latex_verbatim())
        elif tex.is_math(node):
            self._add_formula(node, "\n")
        elif plain in tex.VERBATIM:
            self._end_paragraph()
            self._flow.pieces.append(UnnumberedBlock("code", tex.verbatim_text_of(node)))
        elif name.startswith(tex.TABLES):
            self._end_paragraph()
            self._write_table(node)
        elif "item" in macros:
            self._write_list(node, "enumerate" if "enum" in name else name)
        elif plain in self._names.theorems:
            self._write_theorem(node, self._names.theorems[plain])
        else:
            self._end_paragraph()
            if title := {"abstract": "Abstract", "thebibliography": "References"}.get(name):
                self._flow.pieces.append(UnnumberedBlock("heading", title, self._outermost))
            if plain in ("figure", "table"):
                self._write_float(node, plain)
            elif name != "document" and "label" in macros:
                # Something that is counted, in a way that only its package knows.
                self._write_theorem(node, "")
            else:
                if plain in tex.MAY_HIDE:
                    self.unread.macros[name] += 1
                self._add_nodes(node.nodelist)
            self._end_paragraph()

    def _write_float(self, node: Any, name: str) -> None:
        """A figure or table: its labels belong to its last caption."""
        outer = self._float
        outer_labels = self._labels
        pieces = self._flow.pieces
        first = len(pieces)
        self._float = name
        self._labels = []
        self._add_nodes(node.nodelist)
        self._end_paragraph()
        after_captions = [
            at for at, piece in enumerate(pieces[first:], first + 1) if piece.name == name
        ]
        for at in after_captions[-1:]:
            pieces[at:at] = [UnnumberedBlock("label", label) for label in self._labels]
        self._float = outer
        self._labels = outer_labels

    def _write_list(self, node: Any, kind: str) -> None:
        self._end_paragraph()
        self._lists.append([kind, 0])
        self._add_nodes(node.nodelist)
        self._end_paragraph()
        self._lists.pop()
        self._kind = "list" if self._lists else "para"

    def _write_theorem(self, node: Any, printed_name: str) -> None:
        self._end_paragraph()
        labels = [inner for inner in node.nodelist if tex.name_of_macro(inner) == "label"]
        label = self._words_of(tex.arguments_of(labels[0])[-1:]) if labels else ""
        mark = f"[{label}]" if label else ""
        self._flow.prefix = f"{printed_name} {mark}".strip() + ". " if printed_name else f"{mark} "
        self._add_nodes(inner for inner in node.nodelist if tex.name_of_macro(inner) != "label")
        self._end_paragraph()

    def _write_table(self, node: Any) -> None:
        self._tables += 1
        table = self._tables
        covered: dict[int, int] = {}
        rows: list[list[MarkupCell]] = []
        heads = 0
        for row in tex.rows_of(node):
            outer = self._look  # a row may have a ground of its own
            cells = [self._cell_of_nodes(nodes) for nodes in row.cells]
            self._look = outer
            if row.rule and not heads:
                heads = len(rows)
            kept, covered = _drop_covered_cells(cells, covered)
            if any(cell.text for cell in kept):
                rows.append(kept)
        for at, cells in enumerate(rows):
            text = " ".join(cell.text for cell in cells)
            named = tuple(cell._replace(head=at < heads) for cell in cells)
            self._flow.pieces.append(UnnumberedBlock("table", text, cells=named, table=table))
        self._end_paragraph()

    def _cell_of_nodes(self, nodes: Sequence[Any]) -> MarkupCell:
        spans: dict[str, int] = {}
        self._spans = spans
        text = self._words_of(nodes)
        return MarkupCell(text, spans.get("multicolumn", 1), spans.get("multirow", 1))

    def _words_of(self, nodes: Sequence[Any]) -> str:
        """The words of `nodes` on one line; labels and footnotes are kept for the page."""
        outer = self._flow
        self._flow = _Flow()
        self._add_nodes(nodes)
        self._end_piece()
        words = " ".join(piece.text for piece in self._flow.pieces if piece.kind != "label")
        self._flow = outer
        return collapse_whitespace(words)

    def _say(self, text: str) -> None:
        self._flow.words.append(text)

    def _end_piece(self) -> None:
        flow = self._flow
        self._unprinted = []
        text = collapse_whitespace_by_line("".join(flow.words))
        flow.words.clear()
        if text:
            number = flow.prefix.strip(" .-") if self._kind == "list" else ""
            flow.pieces.append(UnnumberedBlock(self._kind, flow.prefix + text, number=number))
            flow.prefix = ""

    def _end_paragraph(self) -> None:
        """Ends a paragraph; on the page its labels and footnotes follow."""
        self._end_piece()
        self._look = self._look._replace(aside=False)
        if self._flow is self._page:
            if not self._float:
                self.pieces += [UnnumberedBlock("label", label) for label in self._labels]
                self._labels = []
            self.pieces += self._footnotes
            self._footnotes = []


def _drop_covered_cells(
    cells: Sequence[MarkupCell], covered: Mapping[int, int]
) -> tuple[list[MarkupCell], dict[int, int]]:
    """The `cells` of a row without the empty ones that LaTeX has below a cell of several rows, which
    the grid has not; `covered`: the columns below such cells, each with its rows; and those of the
    row below.
    """
    kept: list[MarkupCell] = []
    below = {column: rows - 1 for column, rows in covered.items() if rows > 1}
    first = 0
    for cell in cells:
        columns = range(first, first + cell.columns)
        first += cell.columns
        if cell.text or not all(column in covered for column in columns):
            kept.append(cell)
            below |= {column: cell.rows - 1 for column in columns if cell.rows > 1}
    return kept, below
