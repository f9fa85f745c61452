"""The words of a source beside its PDF, in the order in which it is written: LaTeX and USLM XML.

What is set elsewhere on the page than where it is written (a footnote, a figure, a table, a note in
the margin) is a stream of its own: its place among the rest says nothing about the order.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from docqa.ingest.encoding import decode
from docqa.ingest.errors import IngestError
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest

SUFFIXES = (".tex", ".ltx", ".xml")
RUN = 3  # words that make a place: fewer repeat, more break at every line end
_BROKEN = re.compile(r"[-\u00ad\u2010]\s*\n\s*")
_HYPHENS = re.compile(r"[-\u00ad\u2010]")
_WORD = re.compile(r"[^\W_]+")
_BODY = re.compile(r"\\begin\s*\{document\}")
_FLOAT = re.compile(
    r"\\begin\{(figure\*?|table\*?|wrapfigure|sidewaystable|sidewaysfigure|marginfigure)\}|"
    r"\\(?:footnote|footnotetext|marginpar|thanks|title|author|sidenote)\s*(?:\[[^\]]{0,60}\])?\{"
)
_STREAM = "zzstream"  # letters alone, so that no reader of LaTeX takes it apart


def words(text: str) -> list[str]:
    """The words of `text` as they are compared: letters and digits folded, words broken at line
    ends joined.
    """
    joined = _HYPHENS.sub("", _BROKEN.sub("", unicodedata.normalize("NFKC", text)))
    return _WORD.findall(joined.casefold())


def runs(found: list[str]) -> Iterator[str]:
    """Every run of RUN words, in order."""
    return (" ".join(found[at : at + RUN]) for at in range(len(found) - RUN + 1))


def once(all_runs: Iterable[str]) -> set[str]:
    """The runs that occur once."""
    return {run for run, times in Counter(all_runs).items() if times == 1}


def places(path: Path) -> dict[str, tuple[int, int]]:
    """Where each run of words that occurs once in the source at `path` is written: (stream, number
    in it).

    Empty for a source that cannot be read.
    """
    try:
        streams = _streams(path)
    except IngestError:
        return {}
    sequences = [list(runs(words(stream))) for stream in streams]
    single = once(run for sequence in sequences for run in sequence)
    numbered = (
        (run, stream, at)
        for stream, sequence in enumerate(sequences)
        for at, run in enumerate(sequence)
    )
    return {run: (stream, at) for run, stream, at in numbered if run in single}


def _streams(path: Path) -> list[str]:
    data = path.read_bytes()
    if path.suffix == ".xml":
        return [
            "\n".join(page.text for page in read(ReadRequest(path, data, media_type="uslm")).pages)
        ]
    source, _ = decode(data)
    text = "\n".join(
        page.text
        for page in read(ReadRequest(path, _parted(source).encode(), media_type="tex")).pages
    )
    return re.split(rf"(?i)\b{_STREAM}\b", text)


def _parted(source: str) -> str:
    """LaTeX with its footnotes and floats after its text, each after a mark of its own."""
    start = found.end() if (found := _BODY.search(source)) else 0
    end = source.find("\\end{document}", start)
    body = source[start : end if end >= 0 else len(source)]
    main: list[str] = []
    apart: list[str] = []
    at = 0
    for match in _FLOAT.finditer(body):
        if match.start() < at:
            continue
        stop = _end_of_float(body, match)
        main.append(body[at : match.start()])
        inner = body[match.end() : stop]
        apart.append(
            inner.removesuffix("}").split("\\end{")[0] if match.group(1) is None else inner
        )
        at = stop
    main.append(body[at:])
    mark = f"\n\n{_STREAM}\n\n"
    return f"{source[:start]}\n{' '.join(main)}{mark}{mark.join(apart)}\n\\end{{document}}\n"


def _end_of_float(body: str, match: re.Match[str]) -> int:
    """Where what begins at `match` ends; at the end of the text where it is never closed."""
    if match.group(1) is not None:
        closing = f"\\end{{{match.group(1)}}}"
        end = body.find(closing, match.end())
        return end + len(closing) if end >= 0 else len(body)
    depth = 1
    for brace in re.finditer(r"\\.|[{}]", body[match.end() :], re.DOTALL):
        depth += {"{": 1, "}": -1}.get(brace.group(), 0)
        if depth == 0:
            return match.end() + brace.end()
    return len(body)
