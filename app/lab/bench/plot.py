"""The ratios of a bench as a picture: a bar a row, with a line where docqa and its peer are level."""

from __future__ import annotations

from xml.sax.saxutils import escape

from docqa.app.lab.bench.rows import Row

_ROW, _LEFT, _WIDE, _TOP = 26, 230, 420, 56


def ratios_svg(rows: list[Row], machine: str) -> str:
    """One SVG document of the rows that have a ratio; `machine` stands under the title."""
    shown = [(row, row.ratio) for row in rows if row.ratio is not None]
    longest = max([1.0, *(ratio for _, ratio in shown)])
    height = _TOP + _ROW * max(1, len(shown)) + 20
    level = _LEFT + _WIDE / longest
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDE + 80}" height="{height}" '
        'font-family="sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        '<text x="12" y="22" font-size="16">docqa bench: speed over the peer\'s</text>',
        f'<text x="12" y="42" fill="#555555">{escape(machine)}</text>',
    ]
    for number, (row, ratio) in enumerate(shown):
        y = _TOP + number * _ROW
        wide = _WIDE * ratio / longest
        parts.append(f'<text x="12" y="{y + 16}">{escape(f"{row.name} / {row.peer}")}</text>')
        parts.append(f'<rect x="{_LEFT}" y="{y + 3}" width="{wide:.1f}" height="{_ROW - 8}" fill="#0072B2"/>')
        parts.append(f'<text x="{_LEFT + wide + 6:.1f}" y="{y + 16}">{ratio:.2f}</text>')
    if not shown:
        parts.append(f'<text x="12" y="{_TOP + 16}">no row has a peer\'s figure</text>')
    parts.append(f'<line x1="{level:.1f}" x2="{level:.1f}" y1="{_TOP}" y2="{height - 16}" stroke="#D55E00"/>')
    return "\n".join([*parts, "</svg>", ""])
