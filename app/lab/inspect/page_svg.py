"""A page as docqa saw it: an inert SVG with its image, blocks framed and numbered in reading
order, running heads grey, hidden text hatched, and a panel that explains."""

import base64
import textwrap
from collections import Counter

from docqa.app.answer.text import clip
from docqa.app.output.render import printable
from docqa.app.output.templates import fill_template

from .page_facts import Inspection, head_lines, remarks

# Colours for people who do not tell red from green (Okabe and Ito).
_COLOURS = {
    "para": "#0072B2",
    "heading": "#D55E00",
    "list": "#009E73",
    "table": "#8B5FBF",
    "code": "#56B4E9",
    "caption": "#B8860B",
    "hidden": "#CC0066",
}
_NAMES = {
    "para": "paragraph",
    "heading": "heading",
    "list": "list item",
    "table": "row of a table",
    "code": "code",
    "caption": "caption",
}
_OTHER = "#333333"
_GREY = "#6B6B6B"
_MARGIN = 20.0
_PANEL = 260.0
_LEADING = 11.0
_PANEL_CHARS = 54
_MOST_ITEMS = 40
_MOST_CHARS = 160


def page_svg(inspection: Inspection) -> str:
    """The image of a page that has a size, as one SVG document."""
    view = inspection.view
    panel = _panel_lines(inspection)
    # All is drawn as large as `unit` says: what is written on a poster must grow with it.
    unit = min(max(min(view.width_pt, view.height_pt) / 600, 0.4), 20.0)
    return fill_template(
        "lab/inspect/page.svg.jinja",
        view=view,
        furniture=inspection.furniture,
        hidden_texts=inspection.hidden,
        panel=panel,
        unit=unit,
        margin=_MARGIN * unit,
        leading=_LEADING,
        width=view.width_pt + (2 * _MARGIN + _PANEL) * unit,
        height=max(
            view.height_pt + 2 * _MARGIN * unit, (len(panel) * _LEADING + 2 * _MARGIN) * unit
        ),
        title=" ".join(head_lines(inspection)[:2]),
        colours=_COLOURS,
        other=_OTHER,
        grey=_GREY,
        clip=clip,
        picture=base64.b64encode(view.picture).decode() if view.picture is not None else "",
    )


def _panel_lines(inspection: Inspection) -> list[tuple[str, str]]:
    """Lines, each with the colour of its swatch, or ""."""
    view = inspection.view
    lines = [("", line) for text in head_lines(inspection) for line in _wrapped(text)]
    lines.append(("", ""))
    for kind, count in Counter(block.kind for block in view.blocks).items():
        name = (
            "hidden text, read because it was asked for"
            if kind == "hidden"
            else _NAMES.get(kind, kind)
        )
        lines.append((_COLOURS.get(kind, _OTHER), f"{name}: {count}"))
    lines.append(("", "Numbers in boxes: blocks in reading order. Small: lines."))
    said = remarks(inspection)
    more = (
        [f"and {len(said) - _MOST_ITEMS} more: --json has all"] if len(said) > _MOST_ITEMS else []
    )
    return lines + [("", line) for text in [*said[:_MOST_ITEMS], *more] for line in _wrapped(text)]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(clip(printable(text), _MOST_CHARS), _PANEL_CHARS) or [""]
