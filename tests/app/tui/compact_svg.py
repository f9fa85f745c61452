"""A image of a screen with what it needs and nothing else: no web addresses, a third of the
size.
"""

import re
from collections import Counter

_FONT = re.compile(r"\s*@font-face \{.*?\n    \}", re.DOTALL)
_LINE_CLIP = re.compile(r'<clipPath id="terminal-line-\d+">.*?</clipPath>\s*', re.DOTALL)
_ATTRIBUTES = re.compile(r' (?:clip-path="url\(#terminal-line-\d+\)"|shape-rendering="crispEdges")')
_LINE_END = re.compile(r"<text [^>]*>\n</text>")
_CELLS = re.compile(r'<rect fill="(#\w+)" x="[^"]*" y="[^"]*" width="[^"]*" height="24.65"/>')


def compact(svg: str) -> str:
    """The same image as Textual's screenshot `svg`: identifiers fixed, the common background
    drawn once.
    """
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    for waste in (_FONT, _LINE_CLIP, _ATTRIBUTES, _LINE_END, re.compile(r"\s*<!--.*?-->")):
        svg = waste.sub("", svg)
    # Told apart from the lines only here, where those are gone.
    (size,) = re.findall(
        r'<clipPath id="terminal-clip-terminal">\s*<rect x="0" y="0" ([^>]*)/>', svg
    )
    common = Counter(_CELLS.findall(svg)).most_common(1)[0][0]
    svg = _CELLS.sub(lambda cells: "" if cells[1] == common else cells[0], svg)
    head, group, rest = svg.partition('clip-path="url(#terminal-clip-terminal)">')
    ground = f'\n<rect fill="{common}" x="0" y="0" {size}/>'
    return re.sub(r"\n\s*\n+", "\n", f"{head}{group}{ground}{rest}").strip() + "\n"
