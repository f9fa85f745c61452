r"""LaTeX source to Document: what would be printed, as far as markup alone says it; sections as a
tree, no pages.

The preamble gives title, author and short names; mathematics stays as written. Sections, figures
and tables get the numbers of the standard classes, and `\ref` reads as them; other labels are their
key in brackets. TeX never runs, and no file outside the document's folder is opened.
"""

import re

from docqa.ingest.encoding import decode
from docqa.ingest.errors import NoText, Unreadable, refuse_over_limit
from docqa.ingest.limits import MAX_LATEX_BYTES
from docqa.ingest.request import ReadRequest
from docqa.ingest.structure.clean import clean_text
from docqa.ingest.types import Document
from docqa.ingest.writer import BlockWriter

from .inputs import InputFiles, preamble_and_body
from .markup import DefinedNames, parse_latex
from .numbers import LEVELS, LatexNumbering
from .text import LatexText

_SKIPPED = re.compile(
    r"\\begin\{(comment|filecontents\*?|VerbatimOut)\}.*?(?:\\end\{\1\}|\Z)"
    r"|\\cmidrule\s{0,9}(?:\([^)]{0,20}\))?\s{0,9}\{[^}]{0,20}\}",
    re.DOTALL,
)
_MACROS = re.compile(r"(\\[A-Za-z@]++\s*+\{?|(?<!\\)%[^\n]*)")
_DEFINED = re.compile(
    r"\\[egx]?def\s{0,9}\\[A-Za-z@]{1,40}[#\d]{0,18}\s{0,9}\{(?:[^{}]|\{(?:[^{}]|\{[^{}]{0,60}\}){0,100}\}){0,300}\}"
    r"|\\(?:[hv]skip|kern)\s{0,9}(-?[\d.]{1,9}\s?[a-z]{2})"
)
_DEPTH = re.compile(r"\\setcounter\{secnumdepth\}\{(-?\d{1,2}|-\\maxdimen)\}")
_CLASS = re.compile(r"\\documentclass\s*+(?:\[[^\]]{0,1000}\]\s*+)?\{\s*+([\w-]{1,60})")


def read_latex(request: ReadRequest) -> Document:
    """The Document of LaTeX source. Raises NotADocument, Unreadable, TooLarge and NoText."""
    data = request.content
    refuse_over_limit(MAX_LATEX_BYTES, len(data), "bytes of LaTeX")
    decoded, remarks = decode(data)
    inputs = InputFiles(request.name, request.within)
    source = _without_unprinted_source(
        clean_text(inputs.with_inputs_included(_without_unprinted_source(decoded)))
    )
    if inputs.files:
        # The files that were taken in are part of what the document is.
        request = request.of(request.path, source.encode("utf-8", "replace"))
    preamble, body = preamble_and_body(source)
    try:
        text = LatexText(DefinedNames(preamble, body))
        text.write_front_matter(preamble)
        text.write(
            parse_latex(
                _DEFINED.sub(lambda found: f"\\hspace{{{found[1]}}}" if found[1] else "", body)
            )
        )
    except (RecursionError, ValueError) as error:
        reason = (
            "its groups and environments are nested too deeply"
            if isinstance(error, RecursionError)
            else f"the LaTeX cannot be parsed ({error})"
        )
        raise Unreadable(reason, hint="Read it as plain text with --type txt") from error
    class_match = _CLASS.search(preamble)
    depths = _DEPTH.findall(preamble)
    depth = int(depths[-1].replace("\\maxdimen", "9")) if depths else None
    document_class = class_match[1] if class_match else "article"
    numbering = LatexNumbering(document_class, text.pieces, depth)
    pieces = numbering.number_blocks_and_references()
    writer = BlockWriter(include_hidden=request.include_hidden)
    for piece in pieces:
        if piece.kind == "heading":
            # The number comes from the counters of the standard classes; a package may print
            # another.
            start = writer.block(
                f"{piece.number} {piece.text}" if piece.number else piece.text, "heading"
            )
            if start is not None:
                writer.mark(
                    LEVELS[piece.name], piece.number or None, piece.text, start, confidence=0.9
                )
        elif piece.cells:
            writer.row(piece.cells, piece.table)
        else:
            writer.block(piece.text, piece.kind)
    for words in text.hidden:
        writer.hide(words)
    if text.unread.inputs and not any(piece.text.strip() for piece in pieces):
        named = ", ".join(text.unread.inputs[:3])
        hint = "Put them into its folder, or name the folder: all documents in it are read as one"
        raise NoText(
            f"all of its text is in other files ({named}), which were not opened", hint=hint
        )
    warnings = (*remarks, *text.unread.warnings(inputs.refused))
    return writer.document(
        request, title=text.title, media_type="application/x-tex", warnings=warnings
    )


def _without_unprinted_source(source: str) -> str:
    r"""`source` without comments in environments and what `\iffalse` leaves out."""
    kept: list[str] = []
    depth = 0
    before = ""
    for part in _MACROS.split(source) if "\\iffalse" in source else [source]:
        name = part.rstrip("{ \t\n")
        if depth:
            # A conditional of TeX compares what follows it; one of a package takes arguments in
            # braces.
            depth += (name.startswith("\\if") and part[-1] != "{" and before != "\\newif") - (
                name == "\\fi"
            )
            if depth == 1 and name == "\\else":
                depth = 0
                kept.append("\\iftrue ")
        elif name == "\\iffalse":
            depth = 1
        else:
            kept.append(part)
        before = name or before
    return _SKIPPED.sub("", "".join(kept))
