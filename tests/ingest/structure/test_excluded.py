"""Numbers that name nothing where they stand, and places that only the look of a page names."""

from docqa.ingest.structure.clean import paragraph_block_per_line
from docqa.ingest.structure.locators.items import find_numbered_parts
from docqa.ingest.structure.locators.sections import add_locators_to_sections
from docqa.ingest.structure.notes import find_notes
from docqa.ingest.structure.outline import HeadingMark, build_sections
from docqa.ingest.types import Page
from tests.ingest.structure.test_locators import each_named, markdown, named

AMENDMENTS = """# Keepers Act

## 1 Name

This is the Keepers Act.

## First Schedule

Amendment of other Acts

Part I – Harbour Act

1. By the repeal of section 2 and the substitution of—

“2 Purpose of this Act

(1) The purpose is order.

(2) The harbour is calm.”.

2. In section 5 by the deletion of “bell”.

4. In section 6 by the deletion of “gong”.

9. In section 9 by the deletion of “horn”.

10. In section 10 by the deletion of “drum”.

Part II – Lock Act

1. In section 3 by the deletion of “weir”.

2. In section 4 by the deletion of “dam”.
"""


def test_what_an_amendment_inserts_keeps_the_number_of_the_amendment():
    document = markdown(AMENDMENTS)
    places = ("harbour is calm", "bell", "gong", "horn", "drum")
    assert each_named(document, *places) == [
        "First Schedule Part I, 1",
        "First Schedule Part I, 2",
        "First Schedule Part I, 4",
        "First Schedule Part I, 9",
        "First Schedule Part I, 10",
    ]
    assert named(document, "dam") == "First Schedule Part II, 2"


def test_an_entry_of_the_contents_names_no_place():
    contents = "Exhibit 1\n1. Boats 2\n2. Nets 3\n3. Flags 4\nThe parties agree."
    pages = [
        Page(0, "1", contents, "A"),
        Page(1, "2", "1. Boats\nA boat is lent.\n2. Nets\n3. Flags", "A"),
    ]
    marks = [
        (1, "Exhibit 1", "", 1, 0),
        (2, "1", "Boats", 2, 0),
        (2, "2", "Nets", 2, 25),
        (2, "3", "Flags", 2, 33),
    ]
    made = [
        HeadingMark(level, number, title, page, at, "numbering", 1.0)
        for level, number, title, page, at in marks
    ]
    items = find_numbered_parts(
        pages, add_locators_to_sections(build_sections(made), has_pages=True)
    )
    assert [item.locator for item in items if item.page == 1] == []


def test_what_an_amendment_put_between_two_items_keeps_its_mark():
    text = "## 7 Voting\n\n(a) at home;\n\n(a1) at a station;\n\n(b) by post, that is—\n\n(i) once;\n\n(ii) twice;"
    text = f"{text}\n\n(iia) never."
    assert each_named(markdown(text), "station", "post", "never") == [
        "7(a1)",
        "7(b)",
        "7(b)(iia)",
    ]


def test_what_stands_above_the_signatures_is_in_no_clause():
    text = "## 1 Terms\n\nTerms.\n\n## 2 Copies\n\nTwo copies are made.\n\nIN WITNESS WHEREOF they sign.\n\nA. Alder"
    assert each_named(markdown(text), "Two copies", "they sign", "A. Alder") == [
        "2",
        None,
        None,
    ]


def test_numbers_of_sections_count_no_paragraphs_of_a_schedule():
    sections = "".join(f"## {n}. Part {n}\n\nWords of {n}.\n\n" for n in range(1, 13))
    document = markdown(
        f"{sections}## Schedule 1\n\nForm\n\n13. Name of the keeper\n\nThe form ends."
    )
    assert named(document, "form ends") == "Schedule 1"


def test_arabic_letters_and_numbers_open_parts_of_an_article():
    text = (
        "## المادة 7\n\nأ – يدفع المالك:\n\n1-ثمن القارب\n\n2-ثمن الشبكة\n\nب – يدفع الضيف الباقي."
    )
    document = markdown(text)
    assert named(document, "الشبكة") == "المادة 7(أ)(2)"
    assert named(document, "الباقي") == "المادة 7(ب)"


SCHEDULES = """# Act

## 1 Name

## Eight Schedule (Section 4)

ARRANGEMENT OF PARAGRAPHS

PART 1

1. Meaning of words.

2. House of origin.

PART 2

3. Sending of bills.

4. Bills of money.
"""
SCHEDULES_BEHIND = (
    "PART 1\n\n1. Meaning of words\n\nA word has a sense.\n\n2. House of origin\n\nBills begin below.",
    "PART 2\n\n3. Sending of bills\n\nA bill is sent.\n\n4. Bills of money\n\nNo bill of money is sent.",
)


def test_paragraphs_of_a_schedule_count_on_through_its_parts():
    pages = [Page(at, None, text, "A") for at, text in enumerate((SCHEDULES, *SCHEDULES_BEHIND))]
    schedule = HeadingMark(
        1, None, "Eight Schedule (Section 4)", 1, SCHEDULES.index("## Eight"), "markup", 1.0
    )
    sections = add_locators_to_sections(
        build_sections([HeadingMark(1, "1", "Name", 1, 0, "markup", 1.0), schedule]), has_pages=True
    )
    items = find_numbered_parts(pages, sections)
    found = {pages[item.page - 1].text[item.start :].split("\n")[0]: item.locator for item in items}
    assert found["2. House of origin"] == "Eight Schedule Part 1, 2"
    assert found["3. Sending of bills"] == "Eight Schedule Part 2, 3"


def test_a_proviso_belongs_to_the_item_that_it_limits():
    text = "## 45 Votes\n\n(1) Votes are cast.\n\n(2) Votes are counted:\n\nProvided that they may be counted again."
    assert named(markdown(text), "Provided") == "45(2)"


def test_arabic_marks_behind_a_lost_one_and_with_turned_signs_count():
    text = "## المادة 12\n\nأ – يمنع العمل.\n\nصرفها وفقا للنظام.\n\nد – يحدد النظام:\n\n1-الرسوم\n\n– 2الغرامات"
    document = markdown(text)
    assert each_named(document, "يحدد", "الغرامات") == [
        "المادة 12(د)",
        "المادة 12(د)(2)",
    ]


def test_a_note_whose_mark_is_lost_follows_the_one_before():
    text = "The mill was old.3 It stood by the weir, which was new.\n3The mill book says so.\n4So it says."
    page = Page(0, "1", text, "A", blocks=paragraph_block_per_line(text))
    assert [note.mark for note in find_notes([page], paged=True)] == ["3", "4"]


def test_a_note_with_a_stop_behind_its_number_is_found():
    text = (
        "Stores may be large all over the EU38. Even so they are alike.\n38. In fact they are not."
    )
    page = Page(0, "1", text, "A", blocks=paragraph_block_per_line(text))
    assert [(note.mark, note.at) for note in find_notes([page], paged=True)] == [
        ("38", text.index("38"))
    ]


def test_numbered_lines_with_a_stop_are_no_notes():
    text = "Members of Act2 pay.\n1. In section 4 a word is put.\n2. In section 5 a word is put.\n4.B Members of Honour"
    assert (
        list(
            find_notes([Page(0, "1", text, "A", blocks=paragraph_block_per_line(text))], paged=True)
        )
        == []
    )
