"""HTML: what only looks hidden is read; the ways to hide are in `tests/data/hiding`."""

from docqa.ingest.types import Document
from tests.ingest.reading import read_bytes

SEEN = "The fee is stated in Schedule 2."
GHOST = "The fee is 1 euro."


def page(body: str, head: str = "") -> Document:
    source = f"<!DOCTYPE html><html><head>{head}</head><body><p>{SEEN}</p>{body}</body></html>"
    return read_bytes("a.html", source.encode())


def is_hidden(document: Document) -> bool:
    """Whether the ghost is left out and warned of; fails where only one of the two holds."""
    left_out = "euro" not in document.pages[0].text
    warned = any("hidden text" in line for line in document.coverage.warnings)
    assert left_out == warned == (document.coverage.hidden_spans > 0)
    assert SEEN in document.pages[0].text
    return left_out


def test_rules_for_print_and_small_screens_hide_nothing():
    sheet = (
        "<style>@media print{.g{display:none}} @media (max-width:600px){.g{display:none}}</style>"
    )
    sheet += '<style media="(width < 40em)">.g{display:none}</style>'
    sheet += "<style>@media (prefers-color-scheme:dark){body{color:#fff}} @media (min-width:1300px){.g{top:0}}</style>"
    assert not is_hidden(page(f'<p class="g">{GHOST}</p>', sheet))


def test_very_many_rules_end_soon_and_are_said():
    sheet = "".join(f".c{n}{{color:#fff}}" for n in range(6_000))
    document = page(f'<p class="c5999">{GHOST}</p>', f"<style>{sheet}</style>")
    assert any(
        "rules of its style sheets were not looked at" in line
        for line in document.coverage.warnings
    )
