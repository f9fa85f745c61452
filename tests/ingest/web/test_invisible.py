"""HTML: what only looks hidden is read; the ways to hide are in `tests/data/hiding`."""

import pytest

from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document

SEEN, GHOST = "The fee is stated in Schedule 2.", "The fee is 1 euro."


def page(body: str, head: str = "") -> Document:
    source = f"<!DOCTYPE html><html><head>{head}</head><body><p>{SEEN}</p>{body}</body></html>"
    return read(ReadRequest("a.html", source.encode()))


def is_hidden(document: Document) -> bool:
    """Whether the ghost is left out and warned of; fails where only one of the two holds."""
    left_out = "euro" not in document.pages[0].text
    warned = any("hidden text" in line for line in document.coverage.warnings)
    assert left_out == warned == (document.coverage.hidden_spans > 0)
    assert SEEN in document.pages[0].text
    return left_out


@pytest.mark.parametrize(
    "body",
    [
        f'<div style="background:#003366"><p style="color:white">{GHOST}</p></div>',
        f'<div style="background:url(a.png)"><p style="color:white">{GHOST}</p></div>',
        f'<table><tr bgcolor="navy"><td><font color="white">{GHOST}</font></td></tr></table>',
        f'<div style="visibility:hidden"><p style="visibility:visible">{GHOST}</p></div>',
        f'<div style="color:white"><p style="color:#333">{GHOST}</p></div>',
        f'<p style="font-size:8px">{GHOST}</p>', f'<p style="text-indent:-2em">{GHOST}</p>',
        f'<p style="position:relative;left:-20px">{GHOST}</p>', f'<p style="color:#767676">{GHOST}</p>',
        f'<p style="height:auto;max-height:100%;overflow:hidden">{GHOST}</p>',
        f'<p style="transform:translateX(-50%)">{GHOST}</p>', f'<p style="margin:0 auto;width:100%">{GHOST}</p>',
        f'<div style="font-size:0"><span style="font-size:14px">{GHOST}</span></div>',
        f'<p style="background:none transparent">{GHOST}</p>', f'<p style="font:12px/0 serif">{GHOST}</p>',
        f'<p style="width:calc(100% - 20px);overflow:hidden">{GHOST}</p>',
        f'<div style="background:#fff;isolation:isolate"><p style="position:relative;z-index:-1">{GHOST}</p></div>',
    ],
)  # fmt: skip
def test_what_only_looks_like_hiding_is_read(body):
    assert not is_hidden(page(body))


def test_rules_for_print_and_small_screens_hide_nothing():
    sheet = "<style>@media print{.g{display:none}} @media (max-width:600px){.g{display:none}}</style>"
    sheet += '<style media="(width < 40em)">.g{display:none}</style>'
    sheet += "<style>@media (prefers-color-scheme:dark){body{color:#fff}} @media (min-width:1300px){.g{top:0}}</style>"
    assert not is_hidden(page(f'<p class="g">{GHOST}</p>', sheet))


def test_very_many_rules_end_soon_and_are_said():
    sheet = "".join(f".c{n}{{color:#fff}}" for n in range(6_000))
    document = page(f'<p class="c5999">{GHOST}</p>', f"<style>{sheet}</style>")
    assert any("rules of its style sheets were not looked at" in line for line in document.coverage.warnings)
