"""The stem of a list goes with each of its items, also over a page break; what is hostile is bounded."""

import time

from hypothesis import given
from hypothesis import strategies as st

from docqa.ingest.structure.leads import MOST_LEVELS, find_leads, lead_text, leads_outside
from docqa.ingest.types import Block, Coverage, Document, Page
from tests.ingest.reading import read_bytes

BOARD = "(3) The Board shall not suspend a member—"


def document_of(*pages: list[str]) -> Document:
    """A Document of pages, a block for each of their lines."""
    made: list[Page] = []
    for index, lines in enumerate(pages):
        start = 0
        blocks: list[Block] = []
        for line in lines:
            kind = "heading" if line.startswith("#") else "para"
            blocks.append(Block(start, start + len(line), kind))
            start += len(line) + 1
        made.append(Page(index, None, "\n".join(lines), "A", tuple(blocks)))
    coverage = Coverage(len(made), (), (), 0, ())
    leads = tuple(find_leads(made))
    return Document("0", "a.txt", "", "text/plain", True, made, (), (), coverage, leads=leads)


def lead_of(document: Document, words: str) -> str:
    """The lead of the place where `words` are."""
    for page in document.pages:
        if words in page.text:
            start = page.text.index(words)
            return lead_text(document, page.page, start, start + len(words))
    raise AssertionError(f"{words!r} is nowhere")


def test_an_item_has_the_sentence_that_opens_its_list():
    document = document_of(
        [
            "(2) It meets monthly.",
            BOARD,
            "(a) if he would lose his seat; or",
            "(b) in March.",
            "(4) It may sit.",
        ]
    )
    assert lead_of(document, "(b) in March.") == BOARD
    assert lead_of(document, "(a) if he") == BOARD
    assert lead_of(document, "(4) It may sit.") == ""
    assert lead_of(document, BOARD) == ""


def test_an_item_on_the_next_page_has_its_stem():
    document = document_of([BOARD, "(a) if he would"], ["lose his seat; or", "(b) in March."])
    assert lead_of(document, "(b) in March.") == BOARD
    assert lead_of(document, "lose his seat") == BOARD


def test_an_inner_list_has_both_stems():
    document = document_of(
        ["The Agent shall:", "(a) pay for—", "(i) stamps; and", "(ii) paper;", "(b) report weekly."]
    )
    assert lead_of(document, "(ii) paper;") == "The Agent shall: (a) pay for—"
    assert lead_of(document, "(b) report") == "The Agent shall:"


def test_words_that_complete_the_stem_are_a_lead_too():
    document = document_of(
        [
            "Any person who—",
            "(a) is a citizen; and",
            "(b) is of age;",
            "may stand, unless the Board objects.",
        ]
    )
    page = document.pages[0]
    start = page.text.index("(a)")
    words = [page.text[x.start : x.end] for x in leads_outside(document, 1, start, start + 17)]
    assert words == ["Any person who—", "may stand, unless the Board objects."]
    assert lead_of(document, "(a) is a citizen") == "Any person who—"


def test_the_rest_of_an_item_leaves_its_list_open():
    document = document_of(
        [BOARD, "(a) for its sex,", "or for its age,", "or for its rank, or", "(b) in March."]
    )
    assert lead_of(document, "(b) in March.") == BOARD
    assert lead_of(document, "(a) for its sex,") == BOARD


def test_a_footnote_between_stem_and_item_is_no_part_of_the_list():
    text = "The Clerk may lend a book[1] if:\n\n[1] Of the library.\n\n(a) it is old;\n\n(b) it is his."
    document = read_bytes("a.md", text.encode())
    assert lead_of(document, "(b) it is his.") == "The Clerk may lend a book[1] if:"
    assert lead_of(document, "[1] Of the library.") == ""
    assert len(document.leads[0].items) == 2


def test_an_item_whose_mark_stands_close_is_one():
    document = document_of(["It shall weigh:", "i) the cost;", "ii)the need;", "iii) the risk."])
    assert lead_of(document, "ii)the") == lead_of(document, "iii) the") == "It shall weigh:"
    assert len(document.leads[0].items) == 3


def test_bullets_and_lists_within_a_sentence_have_stems():
    document = document_of(
        ["Members pay for:", "• tea", "• coffee", "# Leave"],
        ["The Clerk may do as follows: (a) lend books; (b) borrow them."],
    )
    assert lead_of(document, "coffee") == "Members pay for:"
    assert lead_of(document, "(b) borrow") == "The Clerk may do as follows:"


def test_a_list_within_a_long_sentence_has_its_stem():
    stem = "This lease ends on the first of:"
    items = f"(a) the day on which {'rain falls and ' * 30}; (b) noon."
    document = document_of([f"It is a lease. {stem} {items}", "He pays. (a) Twice; (b) once."])
    assert lead_of(document, "(b) noon") == stem
    assert lead_of(document, "(b) once") == ""


def test_a_heading_ends_all_lists():
    document = document_of(["The Agent shall:", "(a) pay;", "# Rent", "(b) This is another text."])
    assert lead_of(document, "(b) This") == ""


def test_items_in_the_style_of_headings_have_their_stem():
    text = "He may go if:\n\n### (a) it rains;\n\nor hails; or\n\n### (b) it snows."
    for mark in ("(b)", "b."):
        marked = text.replace("(a)", mark.replace("b", "a")).replace("(b)", mark).encode()
        assert lead_of(read_bytes("a.md", marked), f"{mark} it") == "He may go if:"


def test_a_stem_begins_where_its_sentence_begins():
    document = document_of(["The gate is oak.", "He may lend it to", "Members who:", "(a) pay;"])
    assert lead_of(document, "(a) pay") == "He may lend it to Members who:"


def test_a_stem_without_a_colon_ends_like_no_sentence():
    document = document_of(["2. The Clerk shall", "1. Lend books", "2. Pay", "3. Leave early."])
    assert lead_of(document, "2. Pay") == "2. The Clerk shall"
    document = document_of(["2.1 In reading this law,", "a) One is many;", "b) He is she."])
    assert lead_of(document, "b) He") == "2.1 In reading this law,"


def test_a_stem_between_items_is_that_of_the_later_ones():
    lines = ["The Clerk may:", "(a) lend;", "and in March", "borrow, or—", "(b) pay."]
    document = document_of([*lines, "(2) No person, other than—", "(a) Ann;", "may—", "(b) go."])
    assert lead_of(document, "(a) lend") == "The Clerk may:"
    assert lead_of(document, "(b) pay") == "The Clerk may: and in March borrow, or—"
    assert lead_of(document, "(b) go") == "(2) No person, other than— may—"
    bullets = document_of(["We buy:", "• tea", "We sell:", "• corn"])
    assert lead_of(bullets, "corn") == "We sell:"
    assert lead_of(bullets, "tea") == "We buy:"


def test_a_paragraph_that_completes_the_stem_is_a_lead_without_a_stop():
    text = "(b) The Owners:\n\n(i) a person, and\n\n(ii) his heir\n\nhave agreed to the clauses.\n\n(c) They pay."
    document = read_bytes("a.md", text.encode())
    start = document.pages[0].text.index("(ii)")
    leads = leads_outside(document, 1, start, start + 13)
    assert [document.passage_text(lead) for lead in leads] == [
        "(b) The Owners:",
        "have agreed to the clauses.",
    ]


LINES = st.lists(
    st.sampled_from(
        [
            "(a) if it rains;",
            "(b) or snows.",
            "(i) then:",
            "(ii) so",
            "1. One—",
            "2. Two.",
            "• tea",
            "It may:",
            "unless so.",
            "# H",
            "Words here.",
        ]
    ),
    max_size=12,
)


@given(st.lists(LINES, min_size=1, max_size=3))
def test_leads_are_slices_of_pages_and_found_by_place(pages):
    document = document_of(*pages)
    for lead in document.leads:
        assert document.pages[lead.page - 1].text[lead.start : lead.end].strip()
        assert (lead.from_page, lead.from_start) < (lead.to_page, lead.to_end)
    for page in document.pages:
        for block in page.blocks:
            around = document.leads_of(page.page, block.start)
            slow = [
                lead
                for lead in document.leads
                if (lead.from_page, lead.from_start)
                <= (page.page, block.start)
                < (lead.to_page, lead.to_end)
            ]
            assert sorted(around, key=repr) == sorted(slow, key=repr)


def test_a_thousand_levels_and_stems_without_end_are_bounded_and_linear():
    def seconds(count: int) -> float:
        lines = [f"({letter}) the Board shall in turn:" for letter in "a1iAI" * (count // 5)]
        began = time.process_time()
        document = document_of(lines)
        assert (
            max(len(document.leads_of(1, block.start)) for block in document.pages[0].blocks)
            <= MOST_LEVELS
        )
        return time.process_time() - began

    short = min(seconds(1_000) for _ in range(3))
    assert min(seconds(4_000) for _ in range(3)) < 12 * max(short, 0.05)
