"""Figures: bars as tall as their shares, names escaped."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

from docqa.app.lab.figures import bars, grid, main, ratios


def boxes(drawn: str, colour: str) -> list[float]:
    ElementTree.fromstring(drawn)  # well formed
    found = re.findall(r'width="([\d.]+)" height="([\d.]+)" fill="' + colour, drawn)
    return [float(height) for width, height in found if (width, height) != ("12.0", "12.0")]


def test_bars_are_as_tall_as_their_shares_and_keep_their_colours() -> None:
    drawn = bars("A < B", {"one": {"x": {"ours": 0.5, "theirs": 0.25}}, "two": {"y": {"theirs": 1.0}}})
    (ours,), theirs = boxes(drawn, "#1f5fa8"), boxes(drawn, "#7fb0dd")
    assert theirs == [ours / 2, ours * 2]
    assert "A &lt; B" in drawn and ">50<" in drawn and ">100<" in drawn


def test_names_that_would_touch_are_in_two_rows() -> None:
    def heights(name: str) -> set[str]:
        drawn = bars("t", {"one": {f"{name} {n}": {"ours": 0.5} for n in range(6)}})
        return set(re.findall(r'y="([\d.]+)" text-anchor="middle"[^>]*>' + name, drawn))

    assert len(heights("short")) == 1
    assert len(heights("a name of twenty letters")) == 2


def test_a_grid_has_a_cell_for_each_measured_share_alone() -> None:
    drawn = grid("t", {"short": {"0.1": 1.0, "0.9": 0.5}, "long": {"0.9": 0.0}})
    assert len(boxes(drawn, "#1f5fa8")) == 3
    assert [share for share in (">100<", ">50<", ">0<") if share not in drawn] == []


def test_a_ratio_has_a_bar_and_a_bench_without_peers_has_none() -> None:
    drawn = ratios("docqa & its peers", "a < b", {"a / p<q": 2.0, "b / p": 0.5})
    assert len(boxes(drawn, "#1f5fa8")) == 2 and ">2.00<" in drawn and "a / p&lt;q" in drawn
    assert boxes(ratios("t", "", {}), "#1f5fa8") == []


def test_a_training_log_has_a_curve_for_each_figure(tmp_path: Path) -> None:
    lines = [{"step": n, "tokens": 100 * n, "loss": 3.0 - n, **({"f1": 0.5} if n == 2 else {})} for n in (1, 2)]
    (tmp_path / "span.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    main([str(tmp_path / "span.jsonl"), "--out", str(tmp_path / "log.svg")])
    drawn = (tmp_path / "log.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(drawn)
    assert drawn.count("<polyline") == 2 and "span loss: 2 to 1 (lowest 1), 100 to 200 tokens" in drawn
