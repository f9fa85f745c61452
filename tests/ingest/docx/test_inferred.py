"""DOCX without styles: headings by their looks, typed numbers, and places in words where there are
no pages.
"""

import pytest

from docqa.ingest.structure.paragraphs import locator_in_unpaged_document
from tests.ingest.docx.test_docx import W, docx, para, places, run
from tests.ingest.reading import first_text

LONG = (
    "The warden opens the gate at the turn of the tide and notes the level in the book of the lock."
)
BOLD = "<w:b/>"
CENTRED = '<w:jc w:val="center"/>'


def bold(text: str, more: str = "", properties: str = "") -> str:
    return para(run(text, BOLD + properties), more=more)


def outline(body: str) -> list[tuple[str | None, str, str | None, int]]:
    return [(s.number, s.title, s.label, s.level) for s in docx(body).sections]


def test_judgment_has_its_bold_headings_and_numbered_paragraphs():
    title_page = (
        bold("IN THE COURT OF THE LOCK", CENTRED)
        + bold("THE WARDEN OF THE GATE", CENTRED)
        + para("Claimant")
    )
    title_page += (
        para("- and -") + bold("THE OWNER OF THE BARGE", CENTRED) + bold("JUDGMENT", CENTRED)
    )
    body = bold("Introduction") + "".join(para(f"[{n}] {LONG}") for n in (1, 2, 3))
    body += bold("The evidence") + para(run("The gate", "<w:i/>")) + para(f"[4] {LONG}")
    body += (
        para(run("The barge", "<w:i/>"))
        + para(f"[5] {LONG}")
        + bold("Conclusion")
        + para(f"[6] {LONG}")
    )
    body += bold("THE JUDGE OF THE LOCK")
    found = docx(title_page + body)
    assert [s.title for s in found.sections] == [
        "Introduction",
        "The evidence",
        "Conclusion",
        "THE JUDGE OF THE LOCK",
    ]
    numbered = {place for place in places(found) if place and place.isdecimal()}
    assert numbered == {"1", "2", "3", "4", "5", "6"}
    assert locator_in_unpaged_document(found, first_text(found).index("[5]")) == "paragraph 5"


def test_typed_clauses_and_letters_have_the_locators_that_are_printed():
    body = (
        bold("1. DEFINITIONS")
        + para(f"1.1 {LONG}")
        + para("1.2 In this agreement:")
        + para("(a) a gate is a gate;")
    )
    body += (
        para("(b) a tide is:")
        + para("(i) high; or")
        + para("(ii) low.")
        + bold("2. FEES")
        + para(f"2.1 {LONG}")
    )
    assert places(docx(body)) == [
        "1",
        "1.1",
        "1.2",
        "1.2(a)",
        "1.2(b)",
        "1.2(b)(i)",
        "1.2(b)(ii)",
        "2",
        "2.1",
    ]


def test_size_and_capitals_make_headings_and_bold_text_throughout_does_not():
    large = '<w:sz w:val="32"/>'
    body = para(run("Of gates", large)) + para(LONG) + para("OPENING HOURS") + para(LONG)
    body += para("CLOSING HOURS") + para(LONG) + para(run("Of tides", large)) + para(LONG)
    found = [(title, level) for _, title, _, level in outline(body)]
    assert found == [("Of gates", 1), ("OPENING HOURS", 2), ("CLOSING HOURS", 2), ("Of tides", 1)]
    assert outline("".join(bold(f"Line {n}") for n in range(9)) + bold(LONG)) == []


def test_whole_paragraphs_in_the_style_of_headings_are_clauses():
    body = para("Scope", "H1") + "".join(
        para(f"{LONG} And so on for the {n} time.", "H2") for n in range(3)
    )
    body += para("Term", "H1") + para(LONG, "H2")
    found = [(number, level) for number, _, _, level in outline(body)]
    assert found == [("1", 1), ("1.1", 2), ("1.2", 2), ("1.3", 2), ("2", 1), ("2.1", 2)]


def test_a_place_without_page_is_a_section_and_a_paragraph():
    plain = docx("".join(para(f"{LONG} ({n})") for n in range(4)))
    text = first_text(plain)
    assert [locator_in_unpaged_document(plain, text.index(f"({n})")) for n in (0, 3)] == [
        "paragraph 1",
        "paragraph 4",
    ]
    body = "".join(para(f"{LONG} {n}!") for n in range(5))
    styled = docx(para("Tides", "Plain1") + body + para("Gates", "Plain1") + para("Oak!"))
    places = [
        locator_in_unpaged_document(styled, first_text(styled).index(words))
        for words in ("Tides", "4!", "Oak!")
    ]
    assert places == ["Tides", "Tides, paragraph 5", "Gates"]


def test_a_place_in_a_note_names_the_footnote():
    notes = f'<w:footnotes {W}><w:footnote w:id="2">{para("Oak since 1912.")}</w:footnote></w:footnotes>'
    body = para(
        run("The gate holds") + '<w:r><w:footnoteReference w:id="2"/></w:r>' + run(" well.")
    )
    document = docx(para("Gates", "Plain1") + body, footnotes=notes)
    assert (
        locator_in_unpaged_document(document, first_text(document).index("1912"))
        == "Gates, footnote 1"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Signed: ____________",
        "ann@pond.example",
        "(the “Gate”)",
        "one, two, three,",
        f"{LONG} {LONG}",
    ],
)
def test_what_is_set_bold_and_is_no_heading_is_none(text):
    assert outline(para(LONG) + (bold(text) + para(LONG)) * 3) == []


@pytest.mark.parametrize("behind", ["", "  {n}", " ........ {n}"])
@pytest.mark.parametrize(
    "heads", [["1. Gates", "1.1 Bars", "2. Bells"], ["Chapter 1 Gates", "Chapter 2 Bells"]]
)
def test_typed_contents_begin_no_sections(heads, behind):
    words = para(
        run(
            "The keeper of the harbour opens the gate every morning at six and closes it at nine at night."
        )
    )
    entries = "".join(para(run(head + behind.format(n=at))) for at, head in enumerate(heads, 2))
    body = "".join(bold(head) + words + words for head in heads)
    found = [number for number, *_ in outline(para(run("Contents")) + entries + words + body)]
    assert [number for number in found if number] == [
        head.rpartition(" ")[0].rstrip(".") for head in heads
    ]
