"""The paper's figures and the rows of its table."""

from __future__ import annotations

import math
from collections.abc import Callable

from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.shapes import Drawing, Line, Polygon, PolyLine, Rect, String
from reportlab.lib import colors

from layout import SANS

PONDS = [
    ["Pond", "Connection", "Area (ha)", "Depth (m)", "Bed in weed, July 2021"],
    ["1", "pipe", "0.9", "0.8", "41 %"],
    ["2", "sluice", "1.6", "0.9", "38 %"],
    ["3", "sluice", "1.2", "0.7", "52 %"],
    ["4", "sluice", "2.7", "1.1", "35 %"],
    ["5", "pipe", "0.6", "0.6", "63 %"],
    ["6", "sluice", "0.8", "0.9", "44 %"],
    ["7", "pipe", "1.9", "1.0", "40 %"],
    ["8", "pipe", "1.4", "0.8", "47 %"],
    ["9", "sluice", "2.1", "1.2", "39 %"],
    ["10", "sluice", "1.1", "0.8", "50 %"],
    ["11", "pipe", "0.7", "0.7", "58 %"],
    ["12", "closed", "0.4", "0.6", "61 %"],
    ["13", "closed", "1.0", "0.9", "46 %"],
    ["14", "closed", "0.8", "0.8", "55 %"],
]
SERIES = {
    "4 (sluice)": (colors.black, 4.6, 9.4),
    "8 (pipe)": (colors.HexColor("#3a6ea5"), 1.9, 9.6),
    "13 (closed)": (colors.HexColor("#b5523b"), 0.0, 9.2),
}
NIGHTS = {"sluice": (41, 10, 9), "pipe": (39, 36, 33), "closed": (38, 39, 36)}


def label(x: float, y: float, text: str, anchor: str = "start") -> String:
    return String(x, y, text, fontName=SANS, fontSize=7, textAnchor=anchor)


def wall(width: float) -> Drawing:
    """Returns Figure 1: sea, wall, tilting weir and pond."""
    drawing = Drawing(width, 120)
    drawing.add(Polygon([0, 30, width, 18, width, 8, 0, 8], fillColor=colors.HexColor("#c9bfae"), strokeWidth=0.5))
    drawing.add(Rect(0, 30, width * 0.36, 42, fillColor=colors.HexColor("#d5e4ef"), strokeWidth=0))
    drawing.add(Rect(width * 0.58, 22, width * 0.42, 38, fillColor=colors.HexColor("#e3eef2"), strokeWidth=0))
    bank = [width * 0.3, 28, width * 0.42, 95, width * 0.5, 95, width * 0.62, 22]
    drawing.add(Polygon(bank, fillColor=colors.HexColor("#8c8577"), strokeWidth=0.5))
    drawing.add(Rect(width * 0.36, 52, width * 0.2, 8, fillColor=colors.white, strokeWidth=0.4))
    drawing.add(Line(width * 0.57, 52, width * 0.63, 68, strokeWidth=2.2))
    drawing.add(Line(width * 0.88, 22, width * 0.88, 66, strokeWidth=1.2))
    drawing.add(label(4, 76, "creek"))
    drawing.add(label(width * 0.46, 101, "sea wall", "middle"))
    drawing.add(label(width * 0.64, 72, "weir"))
    drawing.add(label(width * 0.79, 48, "pond", "middle"))
    drawing.add(label(width * 0.88, 69, "sensor", "middle"))
    return drawing


def oxygen(hour: float, low: float, high: float) -> float:
    """Returns oxygen in mg/L at `hour` of the day: highest at 17:00, lowest a little before 05:00."""
    phase = ((hour - 4.9) % 24) / 24
    rise = 0.5 - 0.5 * math.cos(2 * math.pi * phase ** 0.94)
    return low + (high - low) * rise + 0.12 * math.sin(hour * 2.3)


def two_days(width: float) -> Drawing:
    """Returns Figure 2: oxygen of three ponds over two days."""
    drawing = Drawing(width, 165)
    x0, y0, x_scale, y_scale = 24.0, 24.0, (width - 32) / 48, 118 / 12
    drawing.add(Line(x0, y0, x0, y0 + 118))
    drawing.add(Line(x0, y0, width - 8, y0))
    for value in (0, 3, 6, 9, 12):
        drawing.add(label(x0 - 4, y0 + value * y_scale - 2, str(value), "end"))
    for hours in range(0, 49, 12):
        drawing.add(label(x0 + hours * x_scale, y0 - 10, f"{(12 + hours) % 24:02d}:00", "middle"))
    drawing.add(label(x0 - 20, y0 + 124, "mg/L"))
    limit = y0 + 2 * y_scale
    drawing.add(Line(x0, limit, width - 8, limit, strokeWidth=0.5, strokeDashArray=(3, 2)))
    for number, (name, (color, low, high)) in enumerate(SERIES.items()):
        points: list[float] = []
        for step in range(48 * 4 + 1):
            hour = step / 4
            points += [x0 + hour * x_scale, y0 + max(0.0, oxygen(12 + hour, low, high)) * y_scale]
        drawing.add(PolyLine(points, strokeColor=color, strokeWidth=1.1))
        x = x0 + 22 + number * (width - 44) / 3
        drawing.add(Line(x - 14, 6, x - 3, 6, strokeColor=color, strokeWidth=1.4))
        drawing.add(label(x, 3, name))
    return drawing


def nights(width: float) -> Drawing:
    """Returns Figure 3: hypoxic nights by season and group."""
    drawing = Drawing(width, 150)
    chart = VerticalBarChart()
    chart.x, chart.y, chart.width, chart.height = 22, 26, width - 34, 108
    chart.data = list(NIGHTS.values())
    chart.categoryAxis.categoryNames = ["2021", "2022", "2023"]
    chart.valueAxis.valueMin, chart.valueAxis.valueMax, chart.valueAxis.valueStep = 0, 50, 10
    fills = (colors.black, colors.HexColor("#3a6ea5"), colors.HexColor("#b5523b"))
    for axis in (chart.categoryAxis, chart.valueAxis):
        axis.labels.fontName, axis.labels.fontSize = SANS, 7
    for number, fill in enumerate(fills):
        chart.bars[number].fillColor = fill
        chart.bars[number].strokeWidth = 0
    drawing.add(chart)
    for number, (name, fill) in enumerate(zip(NIGHTS, fills, strict=True)):
        drawing.add(Rect(40 + number * 62, 2, 7, 7, fillColor=fill, strokeWidth=0))
        drawing.add(label(50 + number * 62, 3, name))
    return drawing


FIGURES: dict[str, Callable[[float], Drawing]] = {"fig1": wall, "fig2": two_days, "fig3": nights}
