"""Somebody else's text against documents: a table of named traps for grade and place, and what is
shown of them.
"""

from dataclasses import replace
from typing import Any

import pytest

from docqa.app.check.verification import CheckedQuotation, Verification, verify_text
from docqa.app.check.verification_report import report_text
from docqa.app.quotes.difference import inline_difference
from docqa.ingest.types import Document, Note, NumberedLine, Section

ONE = (
    "4.1 The Tenant shall not assign this lease without the prior written consent of the Landlord.\n"
    "4.2 The Tenant shall:\n(a) pay 1,200 dollars a month;\n(b) keep the roof in repair; and\n(c) insure the house.\n"
    "4.3 The Tenant shall, at the end of the term, leave the house clean and hand over all keys."
)
TWO = (
    "5.1 The Landlord returns the deposit within nine days, unless damage was done.\n"
    "5.2 It may enter the house on two days' notice."
)
OTHER = "The keeper of the lighthouse may charge a toll of nine marks for every boat that passes."


def _section(number: str, title: str, page: int, start: int) -> Section:
    return Section(number, number, title, 1, page, start, "numbering", 1.0, None, None)


@pytest.fixture
def lease(document: Any) -> Document:
    """Three pages labelled i, 1, 2: a cover, clause 4, clause 5."""
    sections = _section("4", "Duties", 2, 0), _section("5", "Rights", 3, 0)
    made: Document = document(
        "A lease.", ONE, TWO, path="lease.pdf", labels=("i", "1", "2"), sections=sections
    )
    return made


def _only(text: str, *documents: Document) -> CheckedQuotation:
    (quote,) = verify_text(text, documents).quotations
    return quote


TRAPS = [
    ("exact at its page", '"The Tenant shall not assign this lease" (p. 1)', "exact", "as_cited"),
    (
        "the label counts, not the sheet",
        '"The Tenant shall not assign this lease" (p. 2)',
        "exact",
        "moved",
    ),
    (
        "the sheet where it is said so",
        '"The Tenant shall not assign this lease" (PDF 2)',
        "exact",
        "as_cited",
    ),
    ("without a cite", 'It says "keep the roof in repair" there.', "exact", "as_cited"),
    (
        "case and quotation marks",
        "“the tenant shall not assign this lease” (p. 1)",
        "normalised",
        "as_cited",
    ),
    ("in the cited range", '"keep the roof in repair" (pp. 1-2)', "exact", "as_cited"),
    ("on another page", '"keep the roof in repair" (p. 2)', "exact", "moved"),
    ("on a page that is not there", '"keep the roof in repair" (p. 99)', "exact", "moved"),
    ("in the cited section", '"keep the roof in repair" (Section 4.2(b))', "exact", "as_cited"),
    ("in a section above", '"keep the roof in repair" (clause 4)', "exact", "as_cited"),
    ("in the item beside", '"keep the roof in repair" (Section 4.2(c))', "exact", "moved"),
    ("in another section of the page", '"keep the roof in repair" (Section 4.3)', "exact", "moved"),
    (
        "right section, wrong page",
        '"keep the roof in repair" (Section 4.2(b), p. 2)',
        "exact",
        "moved",
    ),
    (
        "a not was lost",
        '"The Tenant shall assign this lease without the prior written consent"',
        "near",
        "as_cited",
    ),
    (
        "a word was lost",
        '"assign this lease without the written consent of the Landlord" (p. 1)',
        "near",
        "as_cited",
    ),
    (
        "a clause was lost",
        '"The Tenant shall leave the house clean and hand over all keys" (p. 1)',
        "near",
        "as_cited",
    ),
    ("a figure was changed", '"pay 1,300 dollars a month" (p. 1)', "near", "as_cited"),
    (
        "bent and moved",
        '"returns the deposit within ten days, unless damage was done" (p. 1)',
        "near",
        "moved",
    ),
    (
        "invented",
        '"The Tenant shall paint every door in yellow at Easter" (p. 1)',
        "absent",
        "unknown",
    ),
    (
        "an ellipsis",
        '"The Tenant shall not assign . . . without the prior written consent" (p. 1)',
        "exact",
        "as_cited",
    ),
    (
        "an ellipsis of four dots",
        '"The Tenant shall . . . . keep the roof in repair" (p. 1)',
        "exact",
        "as_cited",
    ),
    (
        "an ellipsis that hides a not",
        '"The Tenant shall … assign this lease" (p. 1)',
        "near",
        "as_cited",
    ),
    (
        "parts in another order",
        '"keep the roof in repair … The Tenant shall not assign this lease"',
        "near",
        "as_cited",
    ),
    (
        "one part invented",
        '"The Tenant shall not assign this lease … and feed three hungry cats daily"',
        "absent",
        "unknown",
    ),
    (
        "a changed letter in brackets",
        '"[t]he Tenant shall not assign this lease" (p. 1)',
        "normalised",
        "as_cited",
    ),
    ("words in brackets", '"[The Landlord] may enter the house" (p. 2)', "exact", "as_cited"),
    (
        "a duty in brackets",
        '"The Tenant [may] not assign this lease without the prior" (p. 1)',
        "near",
        "as_cited",
    ),
    ("sic", '"keep the roof [sic] in repair" (p. 1)', "exact", "as_cited"),
]


@pytest.mark.parametrize(
    ("text", "grade", "place"), [t[1:] for t in TRAPS], ids=[t[0] for t in TRAPS]
)
def test_grade_and_place_of_a_quotation(lease, text, grade, place):
    quote = _only(text, lease)
    assert (quote.grade, quote.place) == (grade, place)


def test_a_misplaced_quotation_shows_where_it_stands(lease):
    quote = _only('"keep the roof in repair" (p. 2)', lease)
    (cite,) = quote.cites
    assert (cite.file, cite.page, cite.label, cite.section, quote.heading) == (
        "lease.pdf",
        2,
        "1",
        "4",
        "4 Duties",
    )
    assert lease.pages[1].text[cite.start : cite.end] == "keep the roof in repair"


def test_an_altered_quotation_shows_the_words_that_differ(lease):
    quote = _only(
        '"The Tenant may assign this lease without the prior written consent" (p. 1)', lease
    )
    assert quote.reads == "The Tenant shall not assign this lease without the prior written consent"
    assert inline_difference(quote.difference).startswith("The Tenant [-may-]{+shall not+} assign")


def test_what_an_ellipsis_and_a_bracket_hide_is_shown(lease):
    quote = _only('"It may … on [three] days\' notice" (p. 2)', lease)
    assert quote.found.omitted == ("enter the house",)
    assert quote.found.replaced == (("three", "two"),)
    assert quote.grade == "near"  # a figure was changed, marked or not


def test_parts_of_two_sections_are_both_cited(lease):
    quote = _only('"hand over all keys … The Landlord returns the deposit"', lease)
    assert [cite.label for cite in quote.cites] == ["1", "2"]


def test_a_page_without_text_makes_it_uncheckable_not_absent(document):
    quote = _only(
        '"words that only the scan can show us" (p. 1)',
        document("", "Some other text stands here."),
    )
    assert (quote.grade, quote.place) == ("uncheckable", "unknown")


def test_a_quotation_of_another_document_than_the_named_one(lease, document):
    tolls = document(OTHER, path="tolls_2020.pdf")
    quote = _only('lease.pdf says "may charge a toll of nine marks" (p. 1).', lease, tolls)
    assert (quote.place, quote.cites[0].file) == ("other_document", "tolls_2020.pdf")
    named = _only('tolls_2020 says "may charge a toll of nine marks" (p. 1).', lease, tolls)
    assert named.place == "as_cited"
    unnamed = _only('It says "may charge a toll of nine marks" (p. 1).', lease, tolls)
    assert unnamed.place == "as_cited"


def test_of_several_places_the_cited_one_counts(document):
    same = "The deposit is returned in nine days."
    quote = _only(f'"{same}" (p. 3)', document(same, "Nothing.", same))
    assert (quote.place, quote.cites[0].page) == ("as_cited", 3)
    ranged = _only(f'"{same}" (pp. 3-4)', document("Nothing.", same, "Nothing.", same))
    assert (ranged.place, ranged.cites[0].page) == ("as_cited", 4)


def test_a_page_cite_of_a_document_without_pages_cannot_be_compared(document):
    quote = _only('"keep the roof in repair" (p. 1)', document(ONE, path="lease.md", paged=False))
    assert (quote.grade, quote.place) == ("exact", "unknown")
    assert quote.notes == ("p. 1: the documents have no pages",)


BODY = "The keeper rows out at dawn.1 He lights the lamp and waits for the long"
FOOT = "——————\n1 In winter he walks over the ice."


@pytest.fixture
def noted(document: Any) -> Document:
    """Two pages, a footnote at the end of the first."""
    made: Document = document(f"{BODY}\n{FOOT}", "night to come. Nobody passes.")
    start = len(BODY) + 1 + FOOT.index("1 In")
    return replace(
        made, notes=(Note("1", 1, start, len(BODY) + 1 + len(FOOT), 1, BODY.index("1")),)
    )


@pytest.mark.parametrize(
    ("text", "grade", "pages"),
    [
        ('"The keeper rows out at dawn. He lights the lamp" (p. 1)', "damaged", [1]),
        ('"lights the lamp and waits for the long night to come" (pp. 1-2)', "damaged", [1, 2]),
        (
            '"rows out at dawn. He lights the lamp and waits for the long night to come" (pp. 1-2)',
            "damaged",
            [1, 2],
        ),
        ('"The keeper rows out at noon. He lights the lamp" (p. 1)', "near", [1]),
        ('"In winter he walks over the ice" (p. 1)', "exact", [1]),
    ],
)
def test_a_footnote_mark_inside_a_quotation_is_debris(noted, text, grade, pages):
    quote = _only(text, noted)
    assert (quote.grade, quote.place) == (grade, "as_cited")
    assert [cite.page for cite in quote.cites] == pages


def test_what_a_bent_quotation_reads_ends_with_its_last_word(document):
    page = "This growth has strained the supplies in a long and costly drought. See Galbraith, A Drought More."
    quote = _only(
        '"That growth has strained the supplies in a long and costly drought" (p. 1)',
        document(page),
    )
    assert quote.reads == "This growth has strained the supplies in a long and costly drought"


def test_a_speaker_that_the_heading_names_is_named_once(lease):
    said = dict.fromkeys(("heading", "speaker"), "Opinion (Alder)")
    quote = replace(_only('"keep the roof in repair" (p. 1)', lease), **said)
    shown = report_text(Verification((quote,), (), ()), "brief.md", several=False)
    assert shown.count("Opinion (Alder)") == 1


def test_an_ellipsis_leaves_out_as_little_as_it_may(document):
    page = "The toll of the boat is due in May, unless it sank. The toll of the boat is due in June for the keeper."
    quote = _only('"The toll of the boat ... for the keeper" (p. 1)', document(page))
    assert quote.found.omitted == ("is due in June",)


def test_what_a_bent_quotation_reads_has_no_mark_around_it(document):
    page = "And “each state will honor the right to 25% of the flow.” Ibid. However, when the flow ends, it ends."
    quote = _only('"each state will honor the right to 52% of the flow" (p. 1)', document(page))
    assert quote.reads == "each state will honor the right to 25% of the flow"


def test_marks_inside_a_quotation_are_of_the_other_kind(document):
    made = document("The Compact “shall not bind anybody’s heirs” in any way, says the court.")
    quote = _only("He wrote “The Compact ‘shall not bind anybody’s heirs’ in any way” there.", made)
    assert quote.grade == "normalised"
    assert (
        _only("He wrote \"The Compact 'may bind anybody's heirs' in any way\" there.", made).grade
        == "near"
    )


TOLD = ("Did you see the boat?", "I saw it leave at noon.", "Was the keeper there?", "He was not.")
LINE_CITES = [
    ("the lines it stands on", "(12:2-12:3)", "as_cited", "exact"),
    ("one line", "(Tr. 12:2)", "as_cited", "exact"),
    ("lines above it", "(12:3-4)", "moved", "exact"),
    ("over two pages", "(12:2-13:1)", "as_cited", "exact"),
    ("a line that the page has not", "(12:9-10)", "moved", "absent"),
    ("a page that nobody has", "(44:1-2)", "moved", "absent"),
]


@pytest.mark.parametrize(
    ("cite", "place", "cited"), [c[1:] for c in LINE_CITES], ids=[c[0] for c in LINE_CITES]
)
def test_a_cite_of_page_and_line_uses_printed_line_numbers(document, cite, place, cited):
    made = document("\n".join(TOLD), "No more.", labels=("12", "13"))
    starts = [made.pages[0].text.index(line) for line in TOLD]
    numbered = tuple(NumberedLine(start, number) for number, start in enumerate(starts, 1))
    pages = (
        replace(made.pages[0], lines=numbered),
        replace(made.pages[1], lines=(NumberedLine(0, 1),)),
    )
    quote = _only(f'He said "I saw it leave at noon" {cite}.', replace(made, pages=pages))
    assert (quote.grade, quote.place, quote.cited[0].grade) == ("exact", place, cited)


def test_of_lines_without_printed_numbers_only_the_page_is_compared(document):
    made = document("\n".join(TOLD), "No more.", labels=("12", "13"))
    quote = _only('He said "I saw it leave at noon" (12:2-3).', made)
    assert (quote.place, quote.cited[0].grade) == ("as_cited", "uncheckable")
    assert quote.notes == (
        "12:2-3: the lines of that page have no printed numbers: only the page was compared",
    )
    other = _only('He said "I saw it leave at noon" (13:2-3).', made)
    assert other.place == "moved"
    (alone,) = verify_text("See Tr. 99:2-3.", [made]).cites
    assert (alone.grade, alone.note) == (
        "uncheckable",
        "the lines of the documents have no printed numbers",
    )


def test_debris_of_a_doubtful_page_is_damage_and_not_an_edit(document):
    made = document("The buyer shall deliver left column words the goods to the northern warehouse")
    doubtful = replace(made, pages=tuple(replace(page, grade="C") for page in made.pages))
    text = '"The buyer shall deliver the goods to the northern warehouse"'
    assert (_only(text, doubtful).grade, _only(text, made).grade) == ("damaged", "near")


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("See p. 2 for more.", "exact"),
        ("See p. 99 for more.", "absent"),
        ("See Section 5.2 for more.", "exact"),
        ("See Section 77 for more.", "absent"),
        ("See 42 U.S.C. § 1983 for more.", "uncheckable"),
        ("See section 5 of the Companies Act 2006.", "uncheckable"),
    ],
)
def test_a_cite_without_a_quotation_is_checked_for_its_place(lease, text, grade):
    checked = verify_text(text, [lease])
    (cite,) = checked.cites
    assert cite.grade == grade
    assert checked.has_anything_absent is (grade == "absent")


def test_the_section_of_a_statute_is_found_by_its_path(document):
    text = "§ 101 Tolls\n(a) Charge\nA toll is due here.\n(b) Waiver\nNo toll is due from the poor."
    sections = (
        Section("1", "§ 101", "Tolls", 1, 1, 0, "markup", 1.0, None, "§ 101"),
        Section("1.1", "(a)", "Charge", 2, 1, 12, "markup", 1.0, "1", "§ 101(a)"),
        Section("1.2", "(b)", "Waiver", 2, 1, text.index("(b)"), "markup", 1.0, "1", "§ 101(b)"),
    )
    statute = document(text, path="act.xml", paged=False, sections=sections)
    assert _only('"No toll is due from the poor" (§ 101(b))', statute).place == "as_cited"
    assert _only('"No toll is due from the poor" (§ 101(a))', statute).place == "moved"


def test_a_page_behind_the_name_of_a_file_is_the_printed_one(lease):
    for cite, place in (
        ("lease.pdf p. 1", "as_cited"),
        ("lease.pdf, p. 1", "as_cited"),
        ("lease.pdf p. 2", "moved"),
    ):
        assert _only(f'"keep the roof in repair" ({cite})', lease).place == place


def test_a_page_is_sought_in_the_section_that_is_named_before_it(document):
    texts = [f"Page {number} says the {word} flows." for number, word in enumerate("abcdefg")]
    sections = (
        replace(_section("", "Syllabus", 1, 0), number=None),
        replace(_section("", "Opinion of the Court (Doe)", 4, 0), number=None),
    )
    made = document(*texts, labels=(None, None, None, "1", "2", "3", "4"), sections=sections)
    claims = [
        ("Page 2 says the c flows", "Syllabus, p. 3", "as_cited"),
        (
            "Page 2 says the c flows",
            "p. 3",
            "as_cited",
        ),  # it has no label: that is how docqa cites it
        ("Page 5 says the f flows", "Syllabus, p. 3", "moved"),
        ("Page 5 says the f flows", "Opinion of the Court, p. 3", "as_cited"),
        ("Page 5 says the f flows", "p. 3", "as_cited"),
        ("Page 2 says the c flows", "Opinion of the Court at p. 3", "moved"),
    ]
    for words, cite, place in claims:
        assert (cite, _only(f'"{words}" ({cite}).', made).place) == (cite, place)


def test_a_section_with_a_letter_is_no_other_section_of_its_number(document):
    text = "Members\nA\n8 A member of the board may speak.\nDues\nD A member of the house pays forty marks."
    places = [text.index(word) for word in ("Members", "A\n", "8 A", "Dues", "D A")]
    above = (("5", 1, None), ("A", 2, "s0"), ("8", 3, "s1"), ("8", 1, None), ("D", 2, "s3"))
    sections = tuple(
        Section(f"s{n}", number, "x", level, 1, places[n], "outline", 1.0, parent, None)
        for n, (number, level, parent) in enumerate(above)
    )
    made = document(text, sections=sections)
    assert (
        _only('"A member of the house pays forty marks" (Section 8.D).', made).place == "as_cited"
    )
    assert _only('"A member of the board may speak" (Section 8.D).', made).place == "moved"
    assert _only('"A member of the board may speak" (Section 5.A.8).', made).place == "as_cited"
    without = replace(made, sections=sections[:4])
    assert _only('"A member of the board may speak" (Section 8.D).', without).place == "unknown"


BLOCK = """The lease says:

> The Tenant shall not assign this lease without the prior written consent of the Landlord. {altered} The Tenant shall,
> at the end of the term, leave the house clean and hand over all keys.
"""


def test_an_absent_block_quotation_shows_the_nearest_text_and_what_differs(document):
    middle = "It may keep two horses in the northern stable if it feeds them every morning at its own cost."
    other = "Every goat, however, belongs to whoever milks it first, no matter what any neighbour has promised before."
    said = BLOCK.format(altered=middle).partition("> ")[2].replace("\n> ", " ").strip()
    made = document(
        "A cover page.", f"Duties.\n{said}\nOther things follow here.", path="lease.pdf"
    )
    assert _only(BLOCK.format(altered=middle), made).grade == "exact"
    checked = verify_text(BLOCK.format(altered=other), [made])
    (quote,) = checked.quotations
    assert (quote.grade, quote.place, quote.cites, quote.reads) == (
        "absent",
        "unknown",
        (),
        said.rstrip("."),
    )
    assert quote.nearest is not None and quote.nearest.page == 2
    shown = report_text(checked, "brief.md", several=False)
    assert "nearest text: p. 2" in shown and "[-goat, however, belongs to whoever" in shown
    assert "in the northern stable" in inline_difference(quote.difference)


def test_an_invented_quotation_has_no_nearest_text(lease):
    quote = _only('"Zebras gallop over frozen oceans whenever violins whisper" (p. 1)', lease)
    assert (quote.grade, quote.nearest, quote.reads) == ("absent", None, None)
