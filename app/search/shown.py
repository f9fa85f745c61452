"""Hits as lines for a person, in colours on a terminal, and as objects for `--json`."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from docqa.app.answer.text import CONTROL, JsonObject
from docqa.app.output.render import cite_text, one_line_excerpt
from docqa.ingest.types import Span

from .hits import Hit, SearchedText

LINE_CHARACTERS = 240
HIT_CHARACTERS = 400
"""A longer line is cut around its hits; of one that a script gets, so much is left around each."""
_AROUND = 100
_WHITE_SPACE = re.compile(r"\s")
_PLACE = "\x1b[35m"
_FOUND = "\x1b[1;31m"
_PLAIN = "\x1b[0m"


@dataclass(frozen=True)
class HitStyle:
    """`with_file`: places name their file; `context`: lines before and after; `colours`: for a
    terminal.
    """

    with_file: bool = False
    context: int = 0
    colours: bool = False

    def styled(self, words: str, colour: str) -> str:
        return f"{colour}{words}{_PLAIN}" if self.colours and words else words


def hit_lines(text: SearchedText, hits: Iterable[Hit], style: HitStyle) -> Iterator[str]:
    """`p. 12, section 4.2: … the words …`, one for all hits of a line at one place, with the lines
    around it.
    """
    groups = [(lines, list(group)) for lines, group in groupby(hits, key=lambda hit: hit.lines)]
    unshown = 0
    for (lines, group), following in pairwise([*groups, None]):  # type: ignore[misc]
        first = max(lines.start - style.context, unshown)
        if style.context and unshown and first > unshown:
            yield "--"
        yield from _context_lines(text, range(first, lines.start))
        yield from _lines_with_hits(text, group, style)
        unshown = lines.stop + style.context
        if following:
            unshown = max(min(unshown, following[0].start), lines.stop)
        yield from _context_lines(text, range(lines.stop, min(unshown, text.line_count)))


def without_control_characters(text: str) -> str:
    """`text` without what a terminal would obey, on one line and as long."""
    return _WHITE_SPACE.sub(" ", CONTROL.sub("", text))


def hit_object(text: SearchedText, hit: Hit, context: int, *, full: bool = False) -> JsonObject:
    """The hit as `--json` prints it; `start` and `end` are its place in `line`. Of a long line or
    hit only what is around its beginning, unless `full`; with `context` lines around it."""
    lines = hit.lines
    start = text.line_span(lines[0]).start
    end = text.line_span(lines[-1]).end
    if not full:
        start = max(start, hit.start - HIT_CHARACTERS // 2)
        end = min(end, max(start + HIT_CHARACTERS, hit.start + HIT_CHARACTERS // 2))
    found: JsonObject = {
        "text": text.text[hit.start : min(hit.end, end)],
        "line": text.text[start:end],
        "start": hit.start - start,
        "end": min(hit.end, end) - start,
        "cites": [each.to_json_object() for each in hit.cites],
    }
    if context:
        before = range(max(lines.start - context, 0), lines.start)
        behind = range(lines.stop, min(lines.stop + context, text.line_count))
        most = None if full else HIT_CHARACTERS
        found |= {"before": [each[:most] for each in _line_texts(text, before)]}
        found |= {"after": [each[:most] for each in _line_texts(text, behind)]}
    return found


def _line_texts(text: SearchedText, lines: range) -> list[str]:
    spans = (text.line_span(number) for number in lines)
    return [span.of(text.text) for span in spans]


def _context_lines(text: SearchedText, lines: range) -> Iterator[str]:
    return (
        f"    {one_line_excerpt(line, LINE_CHARACTERS)}"
        for line in _line_texts(text, lines)
        if line.strip()
    )


def _lines_with_hits(text: SearchedText, hits: Sequence[Hit], style: HitStyle) -> Iterator[str]:
    line = Span(text.line_span(hits[0].lines[0]).start, text.line_span(hits[0].lines[-1]).end)
    for place, group in groupby(
        hits, key=lambda hit: cite_text(hit.cites, with_file=style.with_file)
    ):
        found = [Span(hit.start, hit.end) for hit in group]
        yield f"{style.styled(place, _PLACE)}: {_highlight_found_words(text.text, line, found, style)}"


def _highlight_found_words(
    text: str, line: Span, hit_spans: Sequence[Span], style: HitStyle
) -> str:
    pieces: list[str] = []
    windows = _shown_windows_of_line(text, line, hit_spans)
    for window in windows:
        words = ""
        at = window.start
        for span in hit_spans:
            if window.start <= span.start < window.end:
                words += without_control_characters(text[at : span.start]) + style.styled(
                    without_control_characters(span.of(text)), _FOUND
                )
                at = span.end
        pieces.append(words + without_control_characters(text[at : window.end]))
    begin = "… " if windows[0].start > line.start else ""
    end = " …" if windows[-1].end < line.end else ""
    return begin + " … ".join(pieces) + end


def _shown_windows_of_line(text: str, line: Span, hit_spans: Sequence[Span]) -> list[Span]:
    """What is shown of `line`: all of a short one, else whole words around what was found."""
    if line.end - line.start <= LINE_CHARACTERS:
        return [line]
    windows: list[Span] = []
    for span in hit_spans:
        start = max(span.start - _AROUND, line.start)
        end = min(span.end + _AROUND, line.end)
        if start > line.start:
            start = text.find(" ", start, span.start) + 1 or start
        if end < line.end:
            end = (
                max(text.rfind(" ", span.end, end), span.end)
                if " " in text[span.end : end]
                else end
            )
        if windows and start <= windows[-1].end + 1:
            windows[-1] = Span(windows[-1].start, max(end, windows[-1].end))
        else:
            windows.append(Span(start, end))
    return windows
