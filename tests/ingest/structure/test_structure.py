"""Cross references, footnotes, and who speaks in an opinion of a court."""

import pytest

from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.serialize import from_bytes, to_bytes
from docqa.ingest.types import Document
from tests.ingest.reading import read_bytes, read_pdf

AGREEMENT = """# 1. Definitions

In this agreement "Site" means a building of the Customer; "Service Credit" means a reduction of the Charges; and
"Probe" or "Sensor" means an instrument.

This agreement is made between Pellworth Limited (the "Supplier") and Ansgar plc (hereinafter "Customer").

1.1 CAREER CENTER shall mean the rooms on the first floor.

# 2. Duties

For the purposes of this section, "Notice" means a letter. The Supplier acts as section 3(b) says, and as Sections 1 and
2 say.

# 3. Payment

The Customer pays as follows:

(a) at once, under section 5 of the Sale of Goods Act; and

(b) within a month, as clause 1.1 and 42 U.S.C. § 1 allow.
"""
OPINION = """SUPREME COURT OF THE UNITED STATES
Syllabus
The bridge was closed. JUSTICE GRAY, dissenting, is cited here.
\fJUSTICE BROWN delivered the opinion of the Court.
The toll is lawful.
\fJUSTICE GRAY, with whom JUSTICE WHITE joins, dissenting.
The toll is a tax in disguise.
"""


@pytest.fixture(scope="module")
def agreement() -> Document:
    return read_bytes("a.md", AGREEMENT.encode())


def targets(document: Document) -> list[tuple[str, str]]:
    text = [page.text for page in document.pages]
    return [
        (text[r.page - 1][r.start : r.end], text[r.to_page - 1][r.to_start :].split("\n")[0][:24])
        for r in document.references
    ]


def test_references_point_at_the_section_and_into_it(agreement):
    assert targets(agreement) == [
        ("section 3(b)", "(b) within a month, as c"),
        ("Sections 1", "1. Definitions"),
        ("2", "2. Duties"),
        ("clause 1.1", "1.1 CAREER CENTER shall "),
    ]


def test_references_of_the_sample_statute_reach_its_subsections(sample_docs):
    found = dict(targets(read(ReadRequest(sample_docs / "harbour_act.pdf"))))
    assert found["section 202(c)"].startswith("(c) Duty to obey.")
    assert found["chapter 3"].startswith("CHAPTER 3")


def test_footnotes_are_tied_to_their_marks(sample_docs):
    paper = read(ReadRequest(sample_docs / "tidal_ponds_paper.pdf"))
    assert [note.mark for note in paper.notes] == ["1", "2", "3", "4"]
    for note in paper.notes:
        assert paper.pages[note.at_page - 1].text[note.at] == note.mark
        assert paper.pages[note.page - 1].text[note.start] == note.mark
        assert note.at < note.start


def test_a_list_without_marks_in_the_text_is_no_notes():
    assert read_bytes("a.txt", b"Bring these things.\n\n1 Bread\n\n2 Salt\n").notes == ()


def test_an_opinion_is_split_by_who_speaks():
    opinion = read_bytes("a.txt", OPINION.encode())
    assert [(s.title, s.page, s.source) for s in opinion.sections] == [
        ("Syllabus", 1, "opinion"),
        ("Opinion of the Court (Brown)", 2, "opinion"),
        ("Gray, dissenting", 3, "opinion"),
    ]
    assert opinion.speaker_of(1, 0) is None
    assert opinion.speaker_of(1, opinion.pages[0].text.index("bridge")) == "Syllabus"
    assert opinion.speaker_of(3, opinion.pages[2].text.index("disguise")) == "Gray, dissenting"


def test_a_course_syllabus_is_no_opinion():
    assert read_bytes("a.txt", b"Syllabus\n\nWeek one: the supreme court.\n").sections == ()


def test_the_parts_of_real_opinions_are_found(corpus):
    bench = read(ReadRequest(corpus / "court_scotus_bench.pdf"))
    assert [(s.title, s.page) for s in bench.sections if s.title] == [
        ("Syllabus", 1),
        ("Opinion of the Court (Roberts)", 4),
        ("Thomas, concurring", 19),
        ("Alito, concurring", 32),
        ("Breyer, concurring in the judgment in part and dissenting in part", 36),
        ("Stevens, dissenting", 45),
    ]
    appeal = read(ReadRequest(corpus / "court_ca1.pdf"))
    found = [appeal.speaker_of(number, 400) for number in (7, 17)]
    assert found == [
        "Opinion of the court (Selya)",
        "Barron, concurring in part and concurring in the judgment",
    ]


def test_structure_survives_storage(agreement, sample_docs):
    paper = read(ReadRequest(sample_docs / "tidal_ponds_paper.pdf"))
    assert from_bytes(to_bytes(agreement), agreement.path) == agreement and agreement.references
    assert from_bytes(to_bytes(paper), paper.path) == paper and paper.notes


def test_figures_and_tables_that_are_mentioned_lead_to_their_captions():
    text = (
        "The wall is high, as Figure 2 and Fig. 1 show.\n\nFigure 1: The gate.\n\nTable 1 shows that nothing leaks.\n\n"
        "Figure 2. The wall.\n\nTable 1. Leaks, by year. See Tables 1 and 2.\n\nTable 2 | Floods."
    )
    document = read_bytes("a.txt", text.encode())
    (page,) = document.pages
    led = [
        (page.text[r.start : r.end], page.text[r.to_start :].split("\n")[0][:12])
        for r in document.references
    ]
    assert led == [
        ("Figure 2", "Figure 2. Th"),
        ("Fig. 1", "Figure 1: Th"),
        ("Table 1", "Table 1. Lea"),
        ("2", "Table 2 | Fl"),
    ]


def test_every_note_among_the_text_is_found():
    text = (
        "The gate holds.[1] It is oak([2]).\n\n[1] So he says.\n\n[2] Ibid.\n\n"
        "Half, or 50%[3][i].\n\n[3] Old.\n\n[i] Older."
    )
    notes = read_bytes("a.md", text.encode()).notes
    assert [note.mark for note in notes] == ["1", "2", "3", "i"]
    assert all(text[note.at + 1 :].startswith(note.mark) for note in notes)


def test_affiliations_on_top_of_a_paper_are_no_footnotes(make_pdf):
    body = [f"The tide rises {n} feet at the gate of the lock." for n in range(12)]
    page = ["On Tides", "Ada Brook* and Ben Weir", "*Marsh University", *body]
    assert read_pdf(make_pdf([page])).notes == ()
    foot = ["On Tides", *body, "The lock is old.* It leaks.", "*So the keeper says."]
    (note,) = read_pdf(make_pdf([foot])).notes
    assert note.mark == "*"


def test_a_mark_behind_two_signs_is_found(make_pdf):
    page = [
        "The Water Resources Board (OWRB),5 which sits here, agrees.",
        "So it goes.",
        "5 See its rules.",
    ]
    (note,) = read_pdf(make_pdf([page])).notes
    assert note.mark == "5"


LINKS = """# Harbour Constitution

## Article 20 Bells

(1) A bell is rung. It is rung as Article 20 says.

(2) Subsection (1) applies by night, and paragraph (b) of Article 23 by day.

## Article 21 Flags

A flag is red.

## Article 23 Boats

(a) A boat is blue;

(b) as Articles 20, 21, 23 of the Constitution say.

See Art. 21. Article 20 of the Fishing Act is another.

Clause 1(b) of Schedule 3 is here, Clause 9 of Schedule 3 not.

## Schedule 3

1. The prices are:

(a) a pound;

(b) a penny.

2. The days are short.
"""


def test_lists_articles_and_clauses_of_a_schedule_lead_to_their_places():
    found = targets(read_bytes("a.md", LINKS.encode()))
    assert found == [
        ("Article 20", "Article 20 Bells"),
        ("Article 23", "Article 23 Boats"),
        ("Art. 21", "Article 21 Flags"),
        ("Clause 1(b)", "(b) a penny."),
        ("Schedule 3", "Schedule 3"),
        ("Schedule 3", "Schedule 3"),
    ]


RULES = """# Rules

## Article V Boats

### Section 5.A Sails

A sail is white.

## Article VI Nets

See Section 5.A and Section 6.

Article V
"""


def test_a_section_is_no_article_and_a_heading_no_reference():
    assert targets(read_bytes("a.md", RULES.encode())) == [("Section 5.A", "Section 5.A Sails")]


def test_a_reference_does_not_lead_to_its_own_line():
    text = b"# Deed\n\n## 1 Price\n\n1.1 As clause 1.1 says, the price is low.\n\n1.2 End."
    document = read_bytes("a.md", text)
    assert targets(document) == []
