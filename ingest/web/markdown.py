"""Markdown to Document: what a reader of the rendered page sees, headings as sections, no pages;
HTML in it is read, or hidden, like that of any page."""

import re
from collections.abc import Callable, Sequence
from typing import Any, cast

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock, table
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from docqa.ingest.encoding import decode
from docqa.ingest.errors import IngestError, refuse_over_limit
from docqa.ingest.formats import format_named
from docqa.ingest.limits import MAX_TEXT_CHARS
from docqa.ingest.request import ReadRequest
from docqa.ingest.structure.clean import clean_text
from docqa.ingest.types import Document
from docqa.ingest.writer import BlockWriter

from .html import HtmlBlocks

_MATHEMATICS = re.compile(r"`+[^`]*+`+|(\$\$?)[^$]+\1")
_DEEPEST = 300  # a list in a list is two deeper


def read_markdown(request: ReadRequest) -> Document:
    """The Document of Markdown. Raises NotADocument, NoText and TooLarge."""
    decoded, warnings = decode(request.content)
    refuse_over_limit(MAX_TEXT_CHARS, len(decoded), "characters of text")  # not after minutes
    writer = BlockWriter(include_hidden=request.include_hidden)
    blocks = HtmlBlocks(writer)
    text = clean_text(decoded)
    _, end, body = text.partition("\n---\n") if text.startswith("---\n") else ("", "", "")
    blocks.write(_render_to_html(body if end else text, writer.hide))
    title = writer.marks[0].title if writer.marks and writer.marks[0].level == 1 else ""
    remarks = [*warnings, *blocks.warnings]
    return writer.document(request, title=title, media_type="text/markdown", warnings=remarks)


def _math_without_hidden_text(math: str, hide: Callable[[str], None]) -> str:
    """`math`, empty where the reader of LaTeX finds hidden text in it, which `hide` gets."""
    if (
        math[0] == "$"
        and "\\" in math
        and any(name in math for name in ("color", "phantom", "box"))
    ):
        try:
            hidden = (
                format_named("tex").read()(ReadRequest("", math.encode())).coverage.hidden_spans
            )
        except IngestError:  # there is nothing else
            hidden = 1
        if hidden:
            hide(math)
            return ""
    return math


def _render_to_html(text: str, hide: Callable[[str], None]) -> str:
    """Words are parsed as they are rendered, and a row is one token: those of all cells would take
    some 500 times its size."""
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    renderer = cast("RendererHTML", parser.renderer)
    parser.block.ruler.at("table", _table_of_rows, {"alt": ["paragraph", "reference"]})
    parser.block.ruler.before("table", "deep", _take_deep_nesting_as_lines)
    parser.add_render_rule("image", _words_of_image)
    tokens: list[Token] = []
    env: dict[str, Any] = {}

    def inline(words: str) -> str:
        return parser.renderInline(
            _MATHEMATICS.sub(lambda match: _math_without_hidden_text(match.group(), hide), words),
            env,
        )

    in_words, parser.options.maxNesting = parser.options.maxNesting, _DEEPEST + 2
    parser.block.parse(text, parser, env, tokens)
    parser.options.maxNesting = in_words
    parts: list[str] = []
    for at, token in enumerate(tokens):
        if token.type == "inline":
            parts.append(inline(token.content))
        elif token.type == "row":
            cells = (inline(words) for words in token.content.split("\n"))
            parts.append(
                f"<tr>{''.join(f'<{token.tag}>{cell}</{token.tag}>' for cell in cells)}</tr>\n"
            )
        elif token.info != "math" or _math_without_hidden_text(f"$${token.content}$$", hide):
            if token.type == "list_item_open" and token.info:  # as it is printed: "3)"
                token.attrSet("data-mark", f"{token.info}{token.markup}")
            rule = renderer.rules.get(token.type, renderer.renderToken)
            parts.append(rule(tokens, at, parser.options, env))
    return "".join(parts)


def _take_deep_nesting_as_lines(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Lists and quotations nested too deeply are lines; the parser would leave them out, and what
    follows.
    """
    if silent or state.level < _DEEPEST:
        return False
    line = start
    while line < end and (state.isEmpty(line) or state.sCount[line] >= state.blkIndent):
        line += 1
    state.line = line
    state.push("paragraph_open", "p", 1)
    state.push("inline", "", 0).content = state.getLines(
        start, line, state.blkIndent, False
    ).strip()
    state.push("paragraph_close", "p", -1)
    return True


def _table_of_rows(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    before = state.tokens
    state.tokens = _TableRowTokens()
    found = table(state, start, end, silent)
    before.extend(state.tokens)
    state.tokens = before
    return found


class _TableRowTokens(list[Token]):
    """The tokens of a row become one, with a line for each cell, when it ends."""

    def append(self, token: Token) -> None:
        if token.type == "tr_open":
            self._start = len(self)
        elif token.type == "tr_close":
            row = self[self._start :]
            words = "\n".join(each.content for each in row if each.type == "inline")
            token = Token("row", row[1].tag, 0, content=words)
            del self[self._start :]
        super().append(token)


def _words_of_image(
    renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any
) -> str:
    return escapeHtml(renderer.renderInlineAsText(tokens[at].children, options, env))
