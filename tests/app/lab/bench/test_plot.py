"""The image of a bench: a bar for each ratio, names escaped."""

import re
from xml.etree import ElementTree

from docqa.app.lab.bench.plot import ratios_svg


def boxes(drawn: str, colour: str) -> list[float]:
    ElementTree.fromstring(drawn)  # well formed
    found = re.findall(r'width="([\d.]+)" height="([\d.]+)" fill="' + colour, drawn)
    return [float(height) for width, height in found if (width, height) != ("12.0", "12.0")]


def test_a_ratio_has_a_bar_and_a_bench_without_peers_has_none():
    drawn = ratios_svg("docqa & its peers", "a < b", {"a / p<q": 2.0, "b / p": 0.5})
    assert len(boxes(drawn, "#1f5fa8")) == 2 and ">2.00<" in drawn and "a / p&lt;q" in drawn
    assert boxes(ratios_svg("t", "", {}), "#1f5fa8") == []
