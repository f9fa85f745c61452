"""HTML: what a page shows becomes text, headings become sections, and what it hides is left out and
counted.
"""

from collections.abc import Callable

import pytest

from docqa.ingest.errors import NotADocument, NoText, TooLarge
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document
from tests.ingest.reading import first_page, first_text, read_bytes, sections_of

Checker = Callable[[Document], None]

PAGE = """<!DOCTYPE html><html><head><title>The Pond  Book</title><style>.x { display: none }
@media print { p { display: none } }</style></head><body><nav>Menu</nav>
<h1>1. Duties of <em>all</em></h1>
<p>Open it at 10<sup>2</sup> m.<sup><a href="#f">1</a></sup> On the 4<sup>th</sup> day.<br>New line</p>
<p hidden>secret one</p><div style="color: red; display:none">secret two</div><p class="x">secret three</p>
<p aria-hidden="true">Seen, not heard.</p>
<h2>Lists</h2>
<ul><li>one<ol type="a"><li>sub</li><li><p>other sub</p></li></ol></li><li>two</li></ul>
<ol start="3"><li>third</li></ol>
<h2>1.2 Tables</h2>
<table><tr><th>gate</th><th>width</th></tr><tr><td>east</td><td><p>2 m</p><p>wide</p></td></tr></table>
<table><tr><td><h3>Laid out</h3>left</td><td>right</td></tr></table>
<pre>a
  b</pre><script>var x = "<p>script</p>"</script></body></html>"""


def page(source: str, name: str = "a.html") -> Document:
    return read_bytes(name, source.encode())


def test_headings_are_sections_and_there_are_no_pages(check_offsets):
    document = page(PAGE)
    check_offsets(document)
    assert (
        document.paged is False
        and document.title == "The Pond Book"
        and document.media_type == "text/html"
    )
    assert sections_of(document) == [
        ("1", "Duties of all", 1, "1"),
        (None, "Lists", 2, "Lists"),
        ("1.2", "Tables", 2, "1.2"),
        (None, "Laid out", 3, "Laid out"),
    ]


def test_text_reads_as_the_page_shows_it():
    text = page(PAGE).pages[0].text
    assert "Open it at 10^2 m.[1] On the 4th day.\nNew line" in text
    assert "- one\na. sub\nb. other sub\n- two\n3. third" in text
    assert "gate | width\neast | 2 m wide" in text
    assert "Laid out\n\nleft\n\nright" in text and "a\n  b" in text
    assert "Menu" not in text and "script" not in text and "Pond" not in text


def test_a_mark_alone_begins_the_item_beside_it():
    items = "<h2>•</h2><p>tea</p></section><section><h2><i>•</i></h2><p>milk</p>"
    document = page(
        f"<h1>Food</h1><p>We buy:</p><section>{items}</section><p>(b)</p><p>Or not.</p>"
    )
    assert first_text(document) == "Food\n\nWe buy:\n\n• tea\n\n• milk\n\n(b) Or not."
    assert [section.title for section in document.sections] == ["Food"]
    assert len(document.leads[0].items) == 2


def test_a_mark_alone_is_never_lost():
    document = page("<p>(a)</p><h2>Ponds</h2><p>12)</p><p>13)</p><p>Deep.</p><p>(z)</p>")
    assert first_text(document) == "(a) Ponds\n\n12) 13)\n\nDeep.\n\n(z)"


def test_hidden_text_is_left_out_and_counted_and_aria_hidden_is_read():
    document = page(PAGE)
    assert "secret" not in first_text(document) and "Seen, not heard." in first_text(document)
    assert document.coverage.hidden_spans == 3
    assert document.coverage.warnings == (
        "3 passages of hidden text: not read; --include-hidden reads it",
    )


def test_hidden_text_is_read_last_where_it_is_asked_for(check_offsets):
    document = read(ReadRequest("a.html", PAGE.encode(), include_hidden=True))
    check_offsets(document)
    assert first_text(document).endswith("secret one\n\nsecret two\n\nsecret three")
    assert [b.kind for b in document.pages[0].blocks][-4:] == ["code", "hidden", "hidden", "hidden"]
    assert document.sections[-1].label == "Hidden text" and document.coverage.hidden_spans == 3


@pytest.mark.parametrize(
    "style",
    [
        "visibility: hidden",
        "font-size:0",
        "font-size: 0px;",
        "opacity:0",
        "DISPLAY : NONE !important",
        "mso-hide:all",
    ],
)
def test_each_way_to_hide_is_seen(style):
    document = page(f'<p>Seen.</p><p style="{style}">secret</p>')
    assert first_text(document) == "Seen." and document.coverage.hidden_spans == 1


@pytest.mark.parametrize(
    "style", ["font-size: 0.9em", "opacity:0.5", "display: inline", "background: none"]
)
def test_what_only_looks_like_hiding_is_read(style):
    assert page(f'<p style="{style}">seen</p>').pages[0].text == "seen"


def test_a_later_rule_shows_again_what_an_earlier_one_hid():
    sheet = "<style>.tab{display:none} .tab.open{display:block} p:hover{display:none}</style>"
    document = page(f'{sheet}<p class="tab">one</p><p class="tab open">two</p><p>three</p>')
    assert first_text(document) == "two\n\nthree"


def test_a_page_that_a_script_would_show_is_read():
    assert (
        page("<style>html{display:none}</style><body style='opacity:0'><p>Seen.</p>").pages[0].text
        == "Seen."
    )


def test_xhtml_with_empty_elements_is_read_whole():
    source = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/><script src="x"/></head>'
    document = page(
        f'{source}<body><p>One<a id="x"/> &amp; <![CDATA[2 < 3]]></p><div/><p>Two</p></body></html>',
        "a.xhtml",
    )
    assert first_text(document) == "One & 2 < 3\n\nTwo"


def test_mathematics_is_what_the_author_wrote():
    assert (
        page('<p>so <math alttext="x^2"><msup><mi>x</mi><mn>2</mn></msup></math>.</p>')
        .pages[0]
        .text
        == "so $x^2$."
    )


def test_the_encoding_that_the_page_names_is_used():
    source = '<meta charset="iso-8859-1"><p>Wärter “öffnet” das Tor.</p>'
    document = read_bytes("a.html", source.encode("cp1252"))
    assert "Wärter “öffnet” das Tor." in first_text(document) and not document.coverage.warnings
    assert "Größe" in first_page("a.html", '<meta charset="utf-16"><p>Größe</p>'.encode()).text
    assert "Größe" in first_page("a.html", "<p>Größe</p>".encode("utf-16")).text


def test_numbered_lines_are_sections_where_the_markup_names_none():
    clauses = "".join(
        f"<div>{n}. THE CLAUSE NAMED {n}</div><div>The pond is calm today.</div>" for n in (1, 2, 3)
    )
    assert [s.number for s in page(clauses).sections] == ["1", "2", "3"]


def test_html_is_told_by_its_content():
    for name in ("-", "page", "a.xml"):
        assert read_bytes(name, PAGE.encode()).media_type == "text/html"
    assert read_bytes("a.txt", b"<html> is a tag").media_type == "text/plain"
    assert read(ReadRequest("-", b"<p>Hi</p>", media_type="html")).pages[0].text == "Hi"


def test_deep_and_endless_pages_end_with_an_error_or_a_document():
    with pytest.raises(TooLarge, match="10,000"):
        page("<div>" * 10_001 + "x")
    assert page("<div>" * 9_000 + "x").pages[0].text == "x"
    assert page("<table><tr><td>" * 500 + "x").pages[0].text == "x"
    assert page("<p>x <!--" + "<a " * 10_000).pages[0].text == "x"


def test_a_page_without_words_and_a_binary_one_say_so():
    with pytest.raises(NoText):
        page("<!DOCTYPE html><html><body><img src=x.png></body></html>")
    with pytest.raises(NotADocument, match="binary"):
        read_bytes("a.html", b"<p>\0\0\0\0</p>")


@pytest.mark.parametrize("value", ["", '="x"', "='x'", "=x"])
def test_an_element_with_too_many_attributes_is_refused_at_once(value):
    attributes = " ".join(f"a{number}{value}" for number in range(6_000))
    with pytest.raises(TooLarge, match="5,000 attributes"):
        read_bytes("a.html", f"<p>The gate</p><p {attributes}>is open.</p>".encode())


def test_a_long_script_or_value_is_no_list_of_attributes():
    script = "for (i = 0; i <n ; i++) { a[i] = 'b' } " + "c = 1; " * 20_000
    source = f'<p>The gate is open.</p><img src="data:{"A" * 90_000}"><script>{script}</script>'
    assert "The gate is open." in first_page("a.html", source.encode()).text
