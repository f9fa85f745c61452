"""HTML, e-mail and EPUB: text that a reader does not see is left out and warned of, whichever way it is hidden; what
only looks so is read."""

from email.message import EmailMessage

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


STYLES = [
    "color:white", "color:#fff", "color: #FFFFFF !important", "color:rgb(255,255,255)", "color:rgb(100% 100% 100%)",
    "color:#fefefe", "color:hsl(0,0%,100%)", "color:transparent", "color:rgba(0,0,0,0)", "color:#0000",
    "background:#123;color:#112233", "background-color:gold;color:#ffd700", "-webkit-text-fill-color:#fff",
    "position:absolute;left:-9999px", "position:absolute; top:-9999px", "position:fixed;right:-2000px",
    "margin-left:-9999px", "text-indent:-9999px", "text-indent:-999em", "transform:translateX(-9999px)",
    "transform:scale(0)", "clip:rect(0,0,0,0);position:absolute", "clip: rect(1px, 1px, 1px, 1px)",
    "clip-path:inset(100%)", "clip-path:circle(0)", "height:0;overflow:hidden", "max-height:0", "height:0",
    "width:1px;height:1px;overflow:hidden", "width:0;overflow:hidden", "font-size:1px", "font-size:0.1pt",
    "font-size:0.05em", "font:1px serif", "display:none", "visibility:hidden", "opacity:0", "opacity:0.01",
    "filter:opacity(0)", "zoom:0", "content-visibility:hidden",
]  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
def test_every_way_to_hide_in_an_attribute_is_seen(style):
    assert is_hidden(page(f'<p style="{style}">{GHOST}</p>'))
    assert is_hidden(page(f'<div style="{style}"><p>{GHOST}</p></div>'))


@pytest.mark.parametrize("style", STYLES)
def test_every_way_to_hide_in_a_style_sheet_is_seen(style):
    assert is_hidden(page(f'<p class="g">{GHOST}</p>', f"<style>p {{color:black}} .g {{ {style} }}</style>"))


@pytest.mark.parametrize(
    "body",
    [
        f'<font color="white">{GHOST}</font>', f'<p><font color=#ffffff>{GHOST}</font></p>',
        f'<table bgcolor="#333333"><tr><td><font color="#333333">{GHOST}</font></td></tr></table>',
        f"<p hidden>{GHOST}</p>", f"<dialog>{GHOST}</dialog>",
        f'<div style="background:#000;color:#fff">Seen. <span style="color:black">{GHOST}</span></div>',
        f'<p style="font-size:10px"><span style="font-size:10%">{GHOST}</span></p>',
    ],
)  # fmt: skip
def test_every_way_to_hide_by_markup_is_seen(body):
    assert is_hidden(page(body))


@pytest.mark.parametrize(
    "sheet",
    [
        "@media screen {.g{color:#fff}}", "@media not print {.g{display:none}}", ":root{--c:#fff} .g{color:var(--c)}",
        ".g{color:black} p.g{color:white}", "p:nth-child(2){display:none}", ".g{color:#fff!important} .g{color:#000}",
        "body{background:#222;color:#eee} .g{color:#222}",
    ],
)  # fmt: skip
def test_rules_are_weighed_as_a_browser_does(sheet):
    assert is_hidden(page(f'<p class="g">{GHOST}</p>', f"<style>{sheet}</style>"))


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
    ],
)  # fmt: skip
def test_what_only_looks_like_hiding_is_read(body):
    assert not is_hidden(page(body))


def test_rules_for_print_and_small_screens_hide_nothing():
    sheet = "<style>@media print{.g{display:none}} @media (max-width:600px){.g{display:none}}</style>"
    assert not is_hidden(page(f'<p class="g">{GHOST}</p>', sheet))


def test_hidden_text_in_an_email_does_not_answer():
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "ann@pond.example", "Fees"
    mail.set_content(f'<p>{SEEN}</p><p style="color:#fff">{GHOST}</p>', subtype="html")
    assert is_hidden(read(ReadRequest("a.eml", mail.as_bytes())))


def test_very_many_rules_end_soon_and_are_said():
    sheet = "".join(f".c{n}{{color:#fff}}" for n in range(6_000))
    document = page(f'<p class="c5999">{GHOST}</p>', f"<style>{sheet}</style>")
    assert any("rules of its style sheets were not looked at" in line for line in document.coverage.warnings)
