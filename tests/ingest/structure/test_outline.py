"""The tree of sections: numbers in sequence, who stands under whom, the samples, and documents
checked by eye.
"""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from docqa.ingest.pdf.bookmarks import Bookmark, from_bookmarks
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.structure.nesting import HeadingLevels
from docqa.ingest.structure.numbering import ParsedHeading, parse_heading
from docqa.ingest.structure.outline import HeadingLine, headings_by_numbering
from docqa.ingest.structure.sequence import NumberingStep, indices_of_best_sequence
from docqa.ingest.types import Document, NumberedLine, Page, Section

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "sample_docs"
CHECKED = ROOT / "tests" / "data" / "outlines"


def tree(sections: tuple[Section, ...]) -> list[str]:
    """One line a section, two spaces a level: number | title."""
    return [f"{'  ' * (s.level - 1)}{s.number or '-'} | {s.title}" for s in sections]


def nested(*lines: str) -> list[int]:
    """The level of each heading."""
    headings = [parsed for line in lines if (parsed := parse_heading(line)) is not None]
    assert len(headings) == len(lines)
    return list(HeadingLevels(headings).level_of_each_heading())


def checked_files() -> dict[str, list[str]]:
    """The trees that were compared with the headings printed on the pages, by file."""
    found: dict[str, list[str]] = {}
    for path in sorted(CHECKED.glob("*.txt")):
        lines: list[str] = []
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("# "):
                lines = found[line[2:]] = []
            else:
                lines.append(line)
    return found


def sample(name: str) -> Document:
    return read(ReadRequest(SAMPLES / name))


@cache
def checked(path: Path) -> Document:
    return read(ReadRequest(path))


# Numbers in sequence


def test_a_list_item_does_not_cut_the_chain_of_headings():
    numbers = [(1,), (1, 1), (2,), (3,), (4,), (1, 2), (2,), (2, 1), (3,)]
    weights = [3, 3, 1, 1, 1, 3, 3, 3, 3]
    steps = [
        NumberingStep(ordinals, weight, 0)
        for ordinals, weight in zip(numbers, weights, strict=True)
    ]
    assert indices_of_best_sequence(steps) == {0, 1, 5, 6, 7, 8}


def test_numbers_begin_again_in_a_new_schedule_and_nowhere_else():
    again = [
        NumberingStep((1,), 1, 0),
        NumberingStep((2,), 1, 0),
        NumberingStep((1,), 1, 1),
        NumberingStep((2,), 1, 1),
    ]
    assert indices_of_best_sequence(again) == {0, 1, 2, 3}
    assert len(indices_of_best_sequence([step._replace(part=0) for step in again])) == 2


def test_articles_carry_their_number_into_the_clauses():
    steps = [NumberingStep(ordinals, 1, 0) for ordinals in ((1, 1), (1, 2), (2, 1), (2, 2), (3, 1))]
    assert indices_of_best_sequence(steps) == set(range(5))


# Who stands under whom


def test_named_headings_hold_no_numbered_ones():
    lines = ("Abstract", "1 Introduction", "1.1 Scope", "2 Results", "References")
    assert nested(*lines) == [1, 1, 2, 1, 1]


def test_letters_behind_the_references_are_appendices_and_before_them_subsections():
    lines = (
        "I. FACTS",
        "II. LAW",
        "A. First Point",
        "B. Second Point",
        "III. END",
        "References",
        "A Proofs",
        "B Data",
    )
    assert nested(*lines) == [1, 1, 2, 2, 1, 1, 1, 1]


def test_an_annex_belongs_to_the_exhibit_before_it_where_exhibits_go_on():
    lines = ("1. Term", "Exhibit A", "1. Parties", "Annex I", "1. Plants", "Exhibit B", "Annex II")
    assert nested(*lines) == [1, 1, 2, 2, 3, 1, 1]


def test_parts_of_a_schedule_and_chapters_of_a_part_keep_their_order():
    lines = (
        "Part I",
        "Chapter 1",
        "Section 1",
        "Chapter 2",
        "Part II",
        "Chapter 3",
        "Schedule 1",
        "Part A",
    )
    assert nested(*lines) == [1, 2, 3, 2, 1, 2, 1, 2]


def candidates(*lines: str) -> list[HeadingLine]:
    found: list[HeadingLine] = []
    start = 0
    for line in lines:
        found.append(HeadingLine(start, line, 12.0, True, True))
        start += len(line) + 1
    return found


def test_an_unnumbered_heading_set_like_the_numbered_ones_stands_beside_them():
    lines = candidates("1 Aims", "2 Results", "2.1 Fish", "Data and code", "References")
    lines[2] = HeadingLine(lines[2].start, "2.1 Fish", 11.0, True, True)
    marks = headings_by_numbering(lines, 10.0)
    assert [(m.level, m.number, m.title) for m in marks][3:] == [
        (1, None, "Data and code"),
        (1, None, "References"),
    ]


def test_the_line_below_a_bare_article_is_its_title():
    lines = ("ARTICLE I", "DEFINITIONS", "1.1 Terms", "ARTICLE II", "Payment of Rent")
    marks = headings_by_numbering(candidates(*lines), 10.0)
    assert [(m.level, m.number, m.title) for m in marks] == [
        (1, "ARTICLE I", "DEFINITIONS"),
        (2, "1.1", "Terms"),
        (1, "ARTICLE II", "Payment of Rent"),
    ]


def test_a_word_that_mentions_an_article_is_no_heading():
    assert parse_heading("article B Longwang Taiwan") is None
    found = parse_heading("8A. Appointment of the Secretary")
    assert found == ParsedHeading("decimal", 6, (8,), "8A", "Appointment of the Secretary")


# Bookmarks


def page(*texts: str) -> list[Page]:
    return [Page(number, None, text, "A") for number, text in enumerate(texts)]


def test_a_bookmark_takes_the_number_that_is_printed_before_its_title():
    pages = page("Section 4.A Members\nMembers pay.\n4.A.1 Members of Honour\nThey do not.")
    marks = from_bookmarks([Bookmark(1, "Members", 1), Bookmark(2, "Members of Honour", 1)], pages)
    found = [(m.number, m.title, m.start) for m in marks]
    assert found == [("Section 4.A", "Members", 0), ("4.A.1", "Members of Honour", 33)]


def test_a_bookmark_points_at_its_heading_not_at_a_similar_sentence():
    pages = page("Data are scarce.\n2 Methods\nData\nWe took some.", "3 Data\nThe rest.")
    marks = from_bookmarks([Bookmark(1, "Methods", 1), Bookmark(1, "Data", 2)], pages)
    assert [(m.title, m.page, m.start) for m in marks] == [("Methods", 1, 17), ("Data", 2, 0)]


def test_an_article_is_no_number_of_an_appendix():
    marks = from_bookmarks(
        [Bookmark(1, "A New Method", 1), Bookmark(1, "Results", 1)], page("A New Method\nResults")
    )
    assert [(m.number, m.title) for m in marks] == [(None, "A New Method"), (None, "Results")]


# The samples are exact


def test_the_outline_of_the_agreement_is_that_of_its_source():
    expected: list[str] = []
    inside = False
    for line in (SAMPLES / "sources" / "agreement.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("@schedule "):
            number, title = line.removeprefix("@schedule ").split(" - ", 1)
            expected.append(f"{number} | {title}")
            inside = True
        elif line.startswith("# "):
            number, title = re.fullmatch(r"# (Part \w|\d+)\. (.+)", line).groups()  # type: ignore[union-attr]
            expected.append(f"{'  ' * inside}{number} | {title}")
    assert tree(sample("services_agreement.pdf").sections) == expected


def test_the_outline_of_the_paper_is_that_of_its_source():
    expected: list[str] = []
    for line in (SAMPLES / "sources" / "paper.txt").read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"(#+) (Appendix \w|\d+(?:\.\d+)?)? ?(.+)", line)
        if match:
            expected.append(f"{'  ' * (len(match[1]) - 1)}{match[2] or '-'} | {match[3]}")
    assert tree(sample("tidal_ponds_paper.pdf").sections) == expected


def test_the_outline_of_the_handbook_is_that_of_its_sources():
    expected = [
        f"{'  ' * (len(line.split()[0]) - 1)}{re.sub(r'^(?:(Annex [A-Z]): )?', _number, line.lstrip('# ').strip())}"
        for path in sorted((SAMPLES / "sources" / "handbook").glob("[0-9]*.md"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("#")
    ]
    assert tree(sample("handbook.pdf").sections) == expected


def _number(match: re.Match[str]) -> str:
    return f"{match[1] or '-'} | "


@pytest.mark.parametrize("name", ["harbour_act.pdf", "harbour_act.xml"])
def test_the_outline_of_the_statute_is_that_of_its_source(name):
    expected: list[str] = []
    for line in (SAMPLES / "sources" / "harbour_act.txt").read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"(==|##) (\d+)\|(.+)", line)
        if match and match[1] == "==":
            expected.append(f"CHAPTER {match[2]} | {match[3].upper()}")
        elif match:
            expected.append(f"  § {match[2]} | {match[3]}")
        elif name.endswith("xml") and (item := re.match(r"\((\w)\) \[(.+?)\]", line)):
            expected.append(f"    ({item[1]}) | {item[2]}")
    found = tree(sample(name).sections)
    if name.endswith("xml"):
        assert found[0] == "TITLE 9 | HARBOURS AND PILOTAGE"
        found = [line.removeprefix("  ") for line in found[1:]]
    assert found == expected


# Documents checked by eye: the tree was read against the headings that stand on the pages


def test_at_least_twenty_documents_were_checked():
    assert len(checked_files()) >= 20


@pytest.mark.parametrize("name", checked_files())
def test_no_section_of_a_checked_document_has_a_wrong_parent(name, corpus):
    sections = checked(corpus / name).sections
    assert tree(sections) == checked_files()[name]


@pytest.mark.parametrize("name", checked_files())
def test_every_section_begins_at_its_printed_heading(name, corpus):
    document = checked(corpus / name)
    for section in document.sections:
        if section.confidence < 0.6 or section.source == "opinion":
            continue
        printed = document.pages[section.page - 1].text[
            section.start : section.start + 2 * len(section.title) + 60
        ]
        assert fold(section.title) in fold(printed), (section, printed)


def fold(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


@pytest.mark.parametrize(
    ("line", "family", "number"),
    [
        ("Artículo 20. Derechos", "article", "Artículo 20"),
        ("المادة ٣", "article", "المادة ٣"),
        ("Chapitre II Des biens", "chapter", "Chapitre II"),
        ("Annexe A", "annex", "Annexe A"),
    ],
)
def test_divisions_of_laws_in_other_languages_are_headings(line, family, number):
    parsed = parse_heading(line)
    assert parsed is not None
    assert (parsed.family, parsed.number) == (family, number)


def test_words_that_begin_like_a_division_are_none():
    assert [parse_heading(line) for line in ("Parties 3", "Particle c", "Sectional d")] == [
        None,
        None,
        None,
    ]


def test_the_rows_of_a_numbered_list_are_no_headings():
    rows = candidates(*(f"{n} Screen of the {n}th kind" for n in range(1, 9)))
    assert headings_by_numbering(rows, 12.0) == []


def test_letters_that_begin_again_are_rows_of_a_table():
    rows = candidates(
        "1 Work",
        "A Grow the plants",
        "B Test the plants",
        "A Map the genes",
        "B Read the map",
        "2 End",
    )
    assert [mark.number for mark in headings_by_numbering(rows, 12.0)] == ["1", "2"]


def test_a_sentence_that_ends_with_an_annex_is_no_heading():
    lines = candidates("Exhibit A", "1 Terms", "ANNEX I.", "2 Grants", "Exhibit B")
    plain = [replace(line, bold=False) for line in lines]
    assert [mark.number for mark in headings_by_numbering(plain, 12.0)] == [
        "Exhibit A",
        "1",
        "2",
        "Exhibit B",
    ]


def test_items_of_a_list_whose_first_is_too_long_are_no_headings():
    lines = [HeadingLine(40 * n, f"{n}. Item {n}", 12.0, False, False, True) for n in (2, 3, 4)]
    titles = candidates("Title I: Treaties", "Title II: Limits")
    assert [
        mark.number for mark in headings_by_numbering([titles[0], *lines, titles[1]], 12.0)
    ] == [
        "Title I",
        "Title II",
    ]


def test_a_bookmark_points_at_a_number_not_into_a_sentence():
    pages = page(
        "4.A Accounts\nSign the Code of Conduct.", "4.B Code of Conduct The code is kept here."
    )
    marks = from_bookmarks([Bookmark(1, "Accounts", 1), Bookmark(1, "Code of Conduct", 1)], pages)
    assert [(m.number, m.page) for m in marks] == [("4.A", 1), ("4.B", 2)]


def test_numbers_of_lines_are_no_numbers_of_bookmarks():
    first, second = page("12 Summary\n13 We add.\n25 Need\n26 It is needed.", "More is needed.")
    pages = [first, replace(second, lines=(NumberedLine(0, 27),))]
    marks = from_bookmarks([Bookmark(1, "Summary", 1), Bookmark(1, "Need", 1)], pages)
    assert [m.number for m in marks] == [None, None]


def test_a_form_that_is_attached_twice_is_no_table_of_contents():
    form = ("ANNEX I", "1. Planting", "2. Watering", "3. Reports", "ANNEX II")
    twice = [replace(c, page=page) for page in (1, 2) for c in candidates(*form)]
    assert [(mark.page, mark.number) for mark in headings_by_numbering(twice, 12.0)][:2] == [
        (1, "ANNEX I"),
        (1, "1"),
    ]


def test_an_entry_that_begins_a_later_heading_is_of_the_contents():
    entries = candidates(
        "1. Short title and extent", "2. Meaning of words", "3. Use of quays", "4. Notice of sale"
    )
    lines = [replace(entry, page=1) for entry in entries]
    lines += [
        replace(entry, page=2 + at // 2, text=f"{entry.text}.—(1)")
        for at, entry in enumerate(entries)
    ]
    marks = headings_by_numbering(lines, 10.0)
    assert [(mark.page, mark.title) for mark in marks] == [
        (2, "Short title and extent"),
        (2, "Meaning of words"),
        (3, "Use of quays"),
        (3, "Notice of sale"),
    ]


def test_a_schedule_without_a_number_holds_its_rows():
    marks = headings_by_numbering(
        candidates("4 Money", "5 Power", "SCHEDULE (Section 4)", "1. Office", "4. Defence"), 12.0
    )
    assert [(mark.level, mark.number) for mark in marks] == [
        (1, "4"),
        (1, "5"),
        (1, "SCHEDULE"),
        (2, "1"),
        (2, "4"),
    ]


def test_contents_of_a_document_without_pages_are_no_headings():
    heads = ("1 Aims", "2 Methods", "3 Results")
    lines = candidates("Contents", *(f"{head} {at}" for at, head in enumerate(heads, 4)), *heads)
    spread = [replace(line, start=line.start + 900 * (at > 3)) for at, line in enumerate(lines)]
    marks = headings_by_numbering(spread, 12.0)
    assert [(mark.number, mark.start > 900) for mark in marks if mark.number] == [
        ("1", True),
        ("2", True),
        ("3", True),
    ]
