"""The ratios of a bench as an SVG."""

from collections.abc import Mapping

from docqa.app.output.templates import fill_template

_ROW_HEIGHT = 26
_TOP = 56


def ratios_svg(title: str, below: str, ratios: Mapping[str, float]) -> str:
    """A bar for each ratio, and a line where it is 1; `below` is printed under the title."""
    return fill_template(
        "lab/bench/ratios.svg.jinja",
        colour="#1f5fa8",
        width=760,
        title=title,
        below=below,
        found=ratios,
        row=_ROW_HEIGHT,
        top=_TOP,
        left=230,
        wide=420,
        longest=max([1.0, *ratios.values()]),
        height=_TOP + _ROW_HEIGHT * max(1, len(ratios)) + 20,
    )
