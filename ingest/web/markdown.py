"""Markdown to Document: what a reader of the rendered page sees, headings as sections, no pages. It is read as HTML, so
that HTML in it is read, or hidden, like that of any page."""

from __future__ import annotations

import re
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml

from docqa.ingest.encoding import decode
from docqa.ingest.request import ReadRequest
from docqa.ingest.structure.clean import clean
from docqa.ingest.types import Document
from docqa.ingest.web.html import HtmlBlocks
from docqa.ingest.writer import BlockWriter

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def read_markdown(request: ReadRequest) -> Document:
    """The Document of Markdown. Raises NotADocument, NoText and TooLarge."""
    decoded, warnings = decode(request.content)
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    parser.add_render_rule("image", _words_of_image)
    tokens = parser.parse(_FRONT_MATTER.sub("", clean(decoded)))
    for token in tokens:
        if token.type == "list_item_open" and token.info:  # as it is printed: "3)"
            token.attrSet("data-mark", f"{token.info}{token.markup}")
    writer = BlockWriter(include_hidden=request.include_hidden)
    blocks = HtmlBlocks(writer)
    blocks.write(parser.renderer.render(tokens, parser.options, {}))
    title = writer.marks[0].title if writer.marks and writer.marks[0].level == 1 else ""
    remarks = [*warnings, *blocks.warnings]
    return writer.document(request, title=title, media_type="text/markdown", warnings=remarks)


def _words_of_image(renderer: Any, tokens: Any, at: int, options: Any, env: Any) -> str:
    """What is said where a picture cannot be shown."""
    return str(escapeHtml(renderer.renderInlineAsText(tokens[at].children or [], options, env)))
