"""The words of LaTeX: nodes of its markup to pieces of text; numbers come later, when the whole
document is known.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from docqa.ingest.language.numbers import in_letters, in_roman
from docqa.ingest.language.words import word_set
from docqa.ingest.latex import markup as tex
from docqa.ingest.structure.clean import collapse_whitespace, collapse_whitespace_by_line
from docqa.ingest.structure.grids import MarkupCell
from docqa.ingest.writer import superscript_text

from .look import SETTING, UNPRINTED, WITHIN, LetterAppearance, NamedColours
from .numbers import LEVELS, UnnumberedBlock

_NOTE_MARK = re.compile(r"\[\d+\]")
_MAX_DEPTH = 8
_ARGUMENT = "\x03"
_FILLED = ("box", "framed", "shaded", "tikz")  # environments with a ground of their own
_LOOKS = SETTING | WITHIN | UNPRINTED
_OF_LOOK = _LOOKS | word_set("definecolor providecolor colorlet setbox")
_SPACES = word_set(", ; : quad qquad") | {" "}
_NO_SPACES = word_set("! / - @ xspace")


class CoveredColumns:
    """Which columns of a table a cell above covers: LaTeX has empty cells there, which the grid has
    not.
    """

    def __init__(self) -> None:
        self._left: dict[int, int] = {}

    def drop_cells_covered_by_multirow(self, cells: Sequence[MarkupCell]) -> list[MarkupCell]:
        kept: list[MarkupCell] = []
        column = 0
        left = self._left
        self._left = {at: rows - 1 for at, rows in left.items() if rows > 1}
        for cell in cells:
            covered = range(column, column + cell.columns)
            column += cell.columns
            if not cell.text and all(at in left for at in covered):
                continue
            kept.append(cell)
            self._left |= {at: cell.rows - 1 for at in covered if cell.rows > 1}
        return kept


class LatexText:
    """Turns nodes into `pieces`, in order; `hidden`: text that would not be seen, `unread`: what
    was not read.
    """

    def __init__(self, preamble: str, body: str) -> None:
        self.pieces: list[UnnumberedBlock] = []
        self.hidden: list[str] = []
        self._words: list[str] = []
        self._labels: list[str] = []
        self._footnotes: list[str] = []
        self._notes = self._tables = 0
        self._lists: list[list[Any]] = []
        self._prefix = ""
        self._kind = "para"
        self._float = ""
        self._float_labels: list[str] = []
        self.unread = tex.UnreadMarkup()
        self._depth = 0
        self._next: Any = None
        self._names = tex.DefinedNames(preamble, body)
        self._look = LetterAppearance()
        self._colours = NamedColours()
        self._hiding: dict[str, list[bool]] = {}
        self._unprinted: list[bool] = []
        for line in preamble.splitlines():
            if line.lstrip().startswith(("\\definecolor", "\\colorlet", "\\pagecolor")):
                self._add_nodes(tex.parse_latex(line))
        self._words.clear()
        self.title = ""
        self.title = self._write_front_matter(preamble, "title")
        self.pieces += [
            UnnumberedBlock("para", text)
            for text in (self.title, self._write_front_matter(preamble, "author"))
            if text
        ]
        self.title = _NOTE_MARK.sub("", self.title)
        self._end_paragraph()

    def _write_front_matter(self, preamble: str, name: str) -> str:
        match = re.search(rf"\\{name}\s*+(?:\[[^\]]{{0,500}}\]\s*+)?\{{", preamble)
        return (
            collapse_whitespace(
                self._words_as_one_paragraph(
                    tex.parse_latex(tex.group_content_at(preamble, match.end()))
                )
            )
            if match
            else ""
        )

    def write(self, nodes: Iterable[Any]) -> None:
        """Writes nodes of the body and ends the last paragraph."""
        self._add_nodes(nodes)
        self._end_paragraph()

    def _add_nodes(self, nodes: Iterable[Any]) -> None:
        before = None
        for node, after in pairwise((*nodes, None)):
            if node is None:
                continue
            if (
                tex.is_group(node)
                and before is not None
                and (tex.is_group(before) or tex.is_index(before))
            ):
                if tex.is_index(before):
                    continue  # what an index macro puts into the index, not on the page
                self._words.append(" ")  # two arguments of an unknown macro
            before = node
            self._next = after
            if self._unprinted and tex.is_group(node) and self._unprinted.pop(0):
                self._hide_text(node.latex_verbatim().strip("{}"))
                continue
            self._add_node(node)

    def _add_node(self, node: Any) -> None:
        kind = type(node).__name__
        if self._look.unseen and kind in ("LatexCharsNode", "LatexMathNode", "LatexSpecialsNode"):
            self._hide_text(node.latex_verbatim())
            if "\n\n" in node.latex_verbatim():
                self._end_paragraph()
        elif kind == "LatexCharsNode":
            self._add_characters(node.chars)
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
            self._words.append(
                {"~": " ", "&": "&"}.get(node.specials_chars) or tex.plain_text(node)
            )
        elif kind == "LatexMacroNode":
            self._add_macro(node)

    def _add_formula(self, node: Any, delimiters: str) -> None:
        """Mathematics as written, unless it hides three words."""
        text = collapse_whitespace(node.latex_verbatim())
        inner = LatexText("", "")
        if any(f"\\{name}" in text for name in _LOOKS):
            inner._look = self._look
            inner._colours = self._colours
            inner.write(node.nodelist)
        hidden = " ".join(inner.hidden).replace("{", " ").replace("}", " ").split()
        if sum(word.isalpha() and len(word) > 1 for word in hidden) > 2:
            self._hide_text(text)
        else:
            self._words.append(f"{delimiters}{text}{delimiters}")

    def _add_characters(self, chars: str) -> None:
        for number, part in enumerate(re.split(r"\n[ \t]*\n\s*", chars)):
            if number:
                self._end_paragraph()
            self._words.append(re.sub(r"\s+", " ", part))

    def _add_macro(self, node: Any) -> None:
        name = node.macroname
        arguments = tex.arguments_of(node)
        if name in _OF_LOOK:
            self._set_appearance(node, name, arguments)
        elif name in LEVELS:
            self._write_section_heading(name, arguments)
        elif name == "label":
            labels = self._float_labels if self._float else self._labels
            labels.append(self._last_argument_on_one_line(arguments))
        elif name in tex.REFERENCES:
            keys = self._words_as_one_paragraph(arguments[-1:]).split(",")
            self._words.append(", ".join(f"\x01{key.strip()}\x02" for key in keys))
        elif name.lower() in ("footnote", "footnotetext", "thanks"):
            self._add_footnote(arguments)
        elif "cite" in name.lower() and name != "nocite":
            self._add_citation(arguments)
        elif name == "item":
            self._begin_list_item(arguments)
        elif name == "bibitem":
            self._end_paragraph()
            self._prefix = f"[{self._last_argument_on_one_line(arguments)}] "
        elif name == "caption":
            self._end_paragraph()
            self.pieces.append(
                UnnumberedBlock("para", self._last_argument_on_one_line(arguments), self._float)
            )
        elif name == "title" and not self.title:
            self.title = _NOTE_MARK.sub("", self._last_argument_on_one_line(arguments))
            self._words.append(self.title)
            self._end_paragraph()
        elif name in tex.INPUTS:
            self.unread.inputs.append(f"{name}{{{self._last_argument_on_one_line(arguments)}}}")
        elif name in ("appendix", "frontmatter", "mainmatter", "backmatter"):
            self._end_paragraph()
            self.pieces.append(UnnumberedBlock(name, ""))
        elif name in ("setcounter", "addtocounter"):
            counter = self._words_as_one_paragraph(arguments[-2:-1]).strip()
            value = self._last_argument_on_one_line(arguments)
            self.pieces.append(UnnumberedBlock(name, value, counter))
        elif name in ("par", "paragraphbreak", "newpage", "clearpage"):
            self._end_paragraph()
        elif name == "and":
            self._words = ["".join(self._words).rstrip(), ", "]
        elif name in ("\\", "newline", "tabularnewline"):
            self._words.append("\n")
        elif name == "verb":
            self._words.append(getattr(node.nodeargd, "verbatim_text", ""))
        elif name == "textsuperscript":
            self._words.append(
                superscript_text(
                    "".join(self._words[-1:]), self._words_as_one_paragraph(arguments[-1:])
                )
            )
        elif name in tex.UNWRAPPED or (arguments and name.startswith("text")):
            self._add_nodes(arguments[-1:])
            self._words.append(" " if node.macro_post_space and not arguments else "")
        elif name not in tex.DROPPED:
            self._add_other_macro(node, name, arguments)

    def _set_appearance(self, node: Any, name: str, arguments: list[Any]) -> None:
        inside = arguments[-1:] if name in WITHIN else []
        if name in UNPRINTED:
            self._hide_text("".join(argument.latex_verbatim() for argument in arguments[-1:]))
            return
        told = [
            self._words_as_one_paragraph([argument])
            for argument in arguments[: len(arguments) - len(inside)]
        ]
        if name in ("definecolor", "providecolor", "colorlet") and len(told) > 1:
            self._colours.named[told[0].strip()] = self._colours.parse_colour(
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

    def _hide_text(self, text: str) -> None:
        if text.strip():
            self.hidden.append(text)

    def _hidden_arguments_of_macro(self, name: str) -> list[bool]:
        """Which of the arguments of the macro `name` of the document are not shown."""
        if name not in self._hiding:
            self._hiding[name] = []  # while it is looked at
            numbers, body = self._names.taking[name]
            before = len(self.hidden)
            if "#" in body and self._depth < _MAX_DEPTH:
                self._depth += 1
                self._words_as_one_paragraph(tex.parse_latex(body.replace("#", _ARGUMENT)))
                self._depth -= 1
            # Boxes print later.
            found = "" if "usebox" in body or "unhbox" in body else "".join(self.hidden[before:])
            del self.hidden[before:]
            self._hiding[name] = [
                f"#{at}" not in body or f"{_ARGUMENT}{at}" in found for at in numbers
            ]
        return self._hiding[name]

    def _add_other_macro(self, node: Any, name: str, arguments: list[Any]) -> None:
        if name in self._names.taking:
            self._unprinted = [*self._hidden_arguments_of_macro(name)]
        explained = self._names.nodes_of_macro(name)
        if explained is not None:
            # "\name{} is" and "\name\ is" bring their own space, "\name is" has none.
            if self._depth < _MAX_DEPTH:
                self._depth += 1
                self._add_nodes(explained)
                self._depth -= 1
            return
        if name == "ensuremath":
            self._words.append(f"${' '.join(self._words_as_one_paragraph(arguments).split())}$")
            return
        text = tex.SIGNS.get(name) or tex.plain_text(node)
        if text.strip() or name in _NO_SPACES or name in _SPACES:
            self._words.append(text if text.strip() else " " if name in _SPACES else "")
            return
        if not tex.is_index(node):
            self.unread.macros[name] += 1
            if not arguments and not (tex.is_group(self._next) and self._next.nodelist):
                self._words.append(f"\\{name}{node.macro_post_space}")
        self._add_nodes(arguments)

    def _write_section_heading(self, name: str, arguments: list[Any]) -> None:
        self._end_paragraph()
        title = self._last_argument_on_one_line(arguments)
        if title:
            starred = any(getattr(argument, "chars", "") == "*" for argument in arguments[:1])
            self.pieces.append(UnnumberedBlock("heading", title, name, not starred))

    def _add_footnote(self, arguments: list[Any]) -> None:
        self._notes += 1
        mark = f"[{self._notes}]"
        self._words.append(mark)
        text = self._last_argument_on_one_line(arguments)
        self._footnotes.append(f"{mark} {text}")

    def _add_citation(self, arguments: list[Any]) -> None:
        keys = [key.strip() for key in self._words_as_one_paragraph(arguments[-1:]).split(",")]
        notes = [self._words_as_one_paragraph([node]).strip() for node in arguments[:-1]]
        parts = keys + [note for note in notes if note not in ("", "*")]
        self._words.append(f"[{', '.join(parts)}]")

    def _begin_list_item(self, arguments: list[Any]) -> None:
        self._end_paragraph()
        words = self._last_argument_on_one_line(arguments)
        if words:
            self._prefix = f"{words} "
        elif self._lists and self._lists[-1][0] == "enumerate":
            self._lists[-1][1] += 1
            count = self._lists[-1][1]
            depth = sum(kind == "enumerate" for kind, _ in self._lists)
            letter = in_letters(count)
            forms = (f"{count}. ", f"({letter}) ", f"{in_roman(count)}. ", f"{letter.upper()}. ")
            self._prefix = forms[min(depth, 4) - 1]
        else:
            self._prefix = "- "
        self._kind = "list"

    def _write_environment(self, node: Any) -> None:
        name = node.environmentname
        if any(part in name for part in _FILLED):
            self._look = self._look._replace(ground=None)
        if name == "lrbox":
            self._hide_text(node.latex_verbatim())
        elif tex.is_math(node):
            self._add_formula(node, "\n")
        elif name in tex.VERBATIM:
            self._end_paragraph()
            self.pieces.append(UnnumberedBlock("code", tex.verbatim_text_of(node)))
        elif name.startswith(tex.TABLES):
            self._end_paragraph()
            self._write_table(node)
        elif any(getattr(n, "macroname", "") == "item" for n in node.nodelist):
            self._write_list(node, "enumerate" if "enum" in name else name)
        elif name.rstrip("*") in self._names.theorems:
            self._write_theorem(node, self._names.theorems[name.rstrip("*")])
        else:
            self._end_paragraph()
            if title := {"abstract": "Abstract", "thebibliography": "References"}.get(name):
                in_chapters = any(piece.name == "chapter" for piece in self.pieces)
                outermost = "chapter" if in_chapters else "section"
                self.pieces.append(UnnumberedBlock("heading", title, outermost))
            if name.rstrip("*") in ("figure", "table"):
                self._write_float(node, name.rstrip("*"))
            elif name != "document" and any(
                getattr(n, "macroname", "") == "label" for n in node.nodelist
            ):
                # Something that is counted, in a way that only its package knows.
                self._write_theorem(node, "")
            else:
                if name.rstrip("*") in tex.MAY_HIDE:
                    self.unread.macros[name] += 1
                self._add_nodes(node.nodelist)
            self._end_paragraph()

    def _write_float(self, node: Any, name: str) -> None:
        outer = self._float
        outer_labels = self._float_labels
        first = len(self.pieces)
        self._float = name
        self._float_labels = []
        self._add_nodes(node.nodelist)
        self._end_paragraph()
        for at in range(len(self.pieces) - 1, first - 1, -1):
            if self.pieces[at].name == name:
                self.pieces[at] = self.pieces[at]._replace(labels=tuple(self._float_labels))
                break
        self._float = outer
        self._float_labels = outer_labels

    def _write_list(self, node: Any, kind: str) -> None:
        self._end_paragraph()
        self._lists.append([kind, 0])
        self._add_nodes(node.nodelist)
        self._end_paragraph()
        self._lists.pop()
        self._kind = "list" if self._lists else "para"

    def _write_theorem(self, node: Any, printed_name: str) -> None:
        self._end_paragraph()
        labels = [n for n in node.nodelist if getattr(n, "macroname", "") == "label"]
        label = self._words_as_one_paragraph(tex.arguments_of(labels[0])[-1:]) if labels else ""
        mark = f"[{label}]" if label else ""
        self._prefix = f"{printed_name} {mark}".strip() + ". " if printed_name else f"{mark} "
        self._add_nodes(n for n in node.nodelist if n not in labels)
        self._end_paragraph()

    def _write_table(self, node: Any) -> None:
        self._tables += 1
        table = self._tables
        below = CoveredColumns()
        rows = []
        for row in tex.rows_of(node):
            outer = self._look  # a row may have a ground of its own
            rows.append(
                (
                    row.rule,
                    below.drop_cells_covered_by_multirow(list(map(self._cell_of_nodes, row.cells))),
                )
            )
            self._look = outer
        filled = [(rule, cells) for rule, cells in rows if rule or any(cell.text for cell in cells)]
        ruled = next((at for at, (rule, _) in enumerate(filled) if at and rule), 0)
        for at, (_, cells) in enumerate(filled):
            if any(cell.text for cell in cells):
                named = tuple(replace(cell, head=at < ruled) for cell in cells)
                self.pieces.append(UnnumberedBlock("table", "", cells=named, table=table))
        self._end_paragraph()

    def _cell_of_nodes(self, nodes: Sequence[Any]) -> MarkupCell:
        columns, rows = tex.columns_and_rows_of_cell(nodes)
        return MarkupCell(collapse_whitespace(self._words_as_one_paragraph(nodes)), columns, rows)

    def _last_argument_on_one_line(self, arguments: Sequence[Any]) -> str:
        return collapse_whitespace(self._words_as_one_paragraph(arguments[-1:]))

    def _words_as_one_paragraph(self, nodes: Sequence[Any]) -> str:
        """The words of `nodes` as one paragraph; footnotes are kept for later."""
        outer = self._words
        self._words = []
        pieces = self.pieces
        self.pieces = []
        notes = self._footnotes
        self._footnotes = []
        prefix = self._prefix
        self._prefix = ""
        self._add_nodes(nodes)
        self._end_paragraph(notes=False)
        words = " ".join(piece.text for piece in self.pieces)
        self._words = outer
        self.pieces = pieces
        self._prefix = prefix
        self._footnotes = notes + self._footnotes
        return words

    def _end_paragraph(self, *, notes: bool = True) -> None:
        self._look = self._look._replace(aside=False) if self._look.aside and notes else self._look
        self._unprinted = []
        text = collapse_whitespace_by_line("".join(self._words))
        self._words.clear()
        if text:
            prefix = self._prefix
            self._prefix = ""
            counted = prefix.strip(" .") if self._kind == "list" else ""
            self.pieces.append(UnnumberedBlock(self._kind, prefix + text, number=counted))
        if self._labels and self.pieces:
            last = self.pieces[-1]
            self.pieces[-1] = last._replace(labels=(*last.labels, *self._labels))
            self._labels.clear()
        if notes and self._footnotes:
            self.pieces += [UnnumberedBlock("para", note) for note in self._footnotes]
            self._footnotes.clear()
