"""A page as docqa saw it: an inert SVG with its picture, blocks framed and numbered in reading order, running heads
grey, hidden text hatched, and a panel that explains."""

from __future__ import annotations

import base64
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from docqa.app.answer.text import clip
from docqa.app.inspection.page_facts import Inspection, head_lines, remarks
from docqa.app.output.render import printable

if TYPE_CHECKING:
    from docqa.ingest.pdf.inspection import PageView
    from docqa.ingest.pdf.visibility.objects import Box

# Colours for people who do not tell red from green (Okabe and Ito).
_COLOURS = {
    "para": "#0072B2", "heading": "#D55E00", "list": "#009E73", "table": "#8B5FBF", "code": "#56B4E9",
    "caption": "#B8860B", "hidden": "#CC0066",
}  # fmt: skip
_NAMES = {"para": "paragraph", "heading": "heading", "list": "list item", "table": "row of a table", "code": "code",
          "caption": "caption"}  # fmt: skip
_OTHER = "#333333"
_GREY = "#6B6B6B"
_MARGIN, _PANEL, _LEADING = 20.0, 260.0, 11.0
_PANEL_CHARS, _MOST_ITEMS, _MOST_CHARS = 54, 40, 160
# XML allows none of these, however they are written.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def page_svg(inspection: Inspection) -> str:
    """The picture of a page that has a size, as one SVG document."""
    view, panel = inspection.view, _panel_lines(inspection)
    # All is drawn as large as `unit` says: what is written on a poster must grow with it.
    unit = min(max(min(view.width_pt, view.height_pt) / 600, 0.4), 20.0)
    width = view.width_pt + (2 * _MARGIN + _PANEL) * unit
    height = max(view.height_pt + 2 * _MARGIN * unit, (len(panel) * _LEADING + 2 * _MARGIN) * unit)
    title = " ".join(head_lines(inspection)[:2])
    pixels = 1.4 / unit
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.2f} {height:.2f}" width="{pixels * width:.0f}"'
        f' height="{pixels * height:.0f}" font-family="Helvetica, Arial, DejaVu Sans, sans-serif">',
        f"<title>{_text(title)}</title>",
        _DEFINITIONS,
        f'<rect width="{width:.2f}" height="{height:.2f}" fill="#F2F2F2"/>',
        f'<g transform="translate({_MARGIN * unit:.2f} {_MARGIN * unit:.2f})">',
        *_page(view, unit),
        "</g>",
        f'<g transform="translate({view.width_pt + 2 * _MARGIN * unit:.2f} {_MARGIN * unit:.2f}) scale({unit:.3f})"'
        ' font-size="8">',
    ]
    for number, (colour, text) in enumerate(panel):
        y, weight = (number + 1) * _LEADING, ' font-weight="bold"' if number == 0 else ""
        swatch = f'<rect y="{y - 6.5:.1f}" width="8" height="8" fill="{colour}"/>' if colour else ""
        at = f'x="{12 if colour else 0}" y="{y:.1f}"{weight}'
        parts.append(f'{swatch}<text {at} xml:space="preserve">{_text(text)}</text>')
    parts += ["</g>", "</svg>"]
    return "\n".join(parts) + "\n"


_DEFINITIONS = f"""<defs>
<pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<path d="M0 0V4" stroke="{_COLOURS["hidden"]}" stroke-width="1"/></pattern>
</defs>"""


def _page(view: PageView, unit: float) -> Iterator[str]:
    yield f'<rect width="{view.width_pt:.2f}" height="{view.height_pt:.2f}" fill="#FFFFFF" stroke="#999999"/>'
    if view.picture is not None:
        data = base64.b64encode(view.picture).decode()
        # Paler than it is, so that the frames stand out.
        yield (
            f'<image width="{view.width_pt:.2f}" height="{view.height_pt:.2f}" preserveAspectRatio="none"'
            f' opacity="0.6" href="data:image/png;base64,{data}"/>'
        )
    for item in view.furniture:
        if item.box is not None:
            yield _frame(item.box, _GREY, 0.25, dash=f"{2 * unit:g}", tip=f"running head or foot: {item.text}")
    yield from _blocks(view, unit)
    for hidden in view.hidden:
        for box in hidden.boxes:
            tip = f"hidden ({hidden.reason}): {hidden.text}"
            yield _frame(box, _COLOURS["hidden"], 0.6, dash=f"{2 * unit:g}", fill="url(#hatch)", tip=tip)


def _blocks(view: PageView, unit: float) -> Iterator[str]:
    order = 0
    for number, block in enumerate(view.blocks, 1):
        colour = _COLOURS.get(block.kind, _OTHER)
        for line in block.lines:
            order += 1
            yield _frame(line.box, colour, 0.0, width=0.3 * unit)
            for cell in line.cells:
                yield _frame(cell, colour, 0.2 if line.head else 0.0, width=0.5 * unit)
            at = line.box[2] + unit, (line.box[1] + line.box[3]) / 2 + 1.4 * unit
            yield f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" font-size="{4.5 * unit:.1f}" fill="{_GREY}">{order}</text>'
        for part, box in enumerate(block.boxes):
            yield _frame(box, colour, 0.07, width=0.9 * unit, tip=f"{number} {block.kind}")
            yield _badge(f"{number}{'' if part == 0 else chr(0x2026)}", box, colour, unit)


def _badge(text: str, box: Box, colour: str, unit: float) -> str:
    """A block's number in a box, outside its upper left corner where there is room."""
    width, height = (3 + 3.6 * len(text)) * unit, 7.5 * unit
    x, y = max(box[0] - width - unit, -0.9 * _MARGIN * unit), max(box[1] - unit, 0.0)
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{1.5 * unit:.1f}"'
        f' fill="{colour}"/><text x="{x + width / 2:.1f}" y="{y + 5.8 * unit:.1f}" font-size="{6 * unit:.1f}"'
        f' fill="#FFFFFF" text-anchor="middle">{text}</text>'
    )


def _frame(
    box: Box, colour: str, shade: float, *, width: float = 0.6, dash: str = "", fill: str = "", tip: str = ""
) -> str:
    """`tip` is shown when the pointer rests on it."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    shape = (
        f'<rect x="{box[0]:.1f}" y="{box[1]:.1f}" width="{max(box[2] - box[0], 0):.1f}"'
        f' height="{max(box[3] - box[1], 0):.1f}" fill={quoteattr(fill or colour)} fill-opacity="{shade:g}"'
        f' stroke="{colour}" stroke-width="{width:.2f}"{dashed}'
    )
    return f"{shape}><title>{_text(clip(tip, _MOST_CHARS))}</title></rect>" if tip else f"{shape}/>"


def _panel_lines(inspection: Inspection) -> list[tuple[str, str]]:
    """Lines, each with the colour of its swatch, or ""."""
    view = inspection.view
    lines = [("", line) for text in head_lines(inspection) for line in _wrapped(text)]
    lines.append(("", ""))
    for kind, count in Counter(block.kind for block in view.blocks).items():
        name = "hidden text, read because it was asked for" if kind == "hidden" else _NAMES.get(kind, kind)
        lines.append((_COLOURS.get(kind, _OTHER), f"{name}: {count}"))
    lines.append(("", "Numbers in boxes: blocks in reading order. Small: lines."))
    said = remarks(inspection)
    more = [f"and {len(said) - _MOST_ITEMS} more: --json has all"] if len(said) > _MOST_ITEMS else []
    return lines + [("", line) for text in [*said[:_MOST_ITEMS], *more] for line in _wrapped(text)]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(clip(printable(text), _MOST_CHARS), _PANEL_CHARS) or [""]


def _text(text: str) -> str:
    return escape(_NO_XML.sub("\ufffd", text))
