"""Items of lists by their marks: after a lead-in, around one of them, within a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docqa.app.reading.list_items import items_below
from docqa.ingest.structure.leads import find_leads
from docqa.ingest.types import Block, Coverage, Document, Page

CLAUSE = (
    "9. The tenant may end the lease if:\n(a) the weir breaks; or\n(b) the landlord:\n(i) sells the mill, or\n"
    "(ii) closes the road; and\n(c) rent is raised by more than 5 (five) per cent in one year.\n10. Notices are in "
    "writing."
)
INLINE = (
    "A notice under clause 4(a) is given (i) by hand, (ii) one day after it was sent by a carrier, or (iii) three days "
    "after posting. Other letters do not count."
)
BULLETS = (
    "The mill has:\n• two stones\n– a red one\n– a blue one\n• a hoist;\n• a door.\nIt "
    "stands on it.\n• not this one"
)
NUMBERS = (
    "There are three faults, as follows:\n1. The wheel turns. Nobody stops it.\n2. The "
    "door is open.\n3) It leaks."
)


def made_of(*texts: str) -> Document:
    """A Document of pages, a block for each of their lines."""
    pages: list[Page] = []
    for index, text in enumerate(texts):
        starts = [0, *(at + 1 for at, character in enumerate(text) if character == "\n")]
        blocks = [Block(at, at + len(text[at:].split("\n")[0]), "para") for at in starts]
        pages.append(Page(index, None, text, "A", tuple(blocks)))
    coverage = Coverage(len(pages), (), (), 0, ())
    leads = tuple(find_leads(pages))
    return Document("0", "a", "", "", True, pages, (), (), coverage, leads=leads)


def items(made: Document, words: str, page: int = 1) -> list[str]:
    start = made.pages[page - 1].text.index(words)
    found = items_below(made, page, start, start + len(words))
    return [made.pages[at - 1].text[span.start : span.end] for at, span in found]


WAYS = ["by hand", "one day after it was sent by a carrier", "three days after posting"]
CASES = [
    (
        CLAUSE,
        "may end the lease if",
        [
            "the weir breaks",
            "the landlord:\n(i) sells the mill, or\n(ii) closes the road",
            "rent is raised by more than 5 (five) per cent in one year",
        ],
    ),
    (
        CLAUSE,
        "the weir breaks",
        [
            "the weir breaks",
            "the landlord:\n(i) sells the mill, or\n(ii) closes the road",
            "rent is raised by more than 5 (five) per cent in one year",
        ],
    ),
    (CLAUSE, "sells the mill", ["sells the mill", "closes the road"]),
    (INLINE, "A notice under clause 4(a) is given", WAYS),
    (INLINE, "one day after it was sent", WAYS),
    (INLINE, INLINE, WAYS),
    (BULLETS, "The mill has", ["two stones\n– a red one\n– a blue one", "a hoist", "a door"]),
    (BULLETS, "a red one", ["a red one", "a blue one"]),
    (NUMBERS, "three faults", ["The wheel turns. Nobody stops it", "The door is open"]),
]
NONE = [
    (CLAUSE, "Notices are in writing"),
    (INLINE, "Other letters do not count"),
    (BULLETS, "It stands on it"),
    ("1. Parties\nAnn and Ben.\n2. Rent\nNine a month.", "Nine a month"),
    ("As section 4(a) and (b) say, rent is due.", "rent is due"),
    (
        "Of the items\n(a) the door that was painted by the keeper is red\n(b) the roof is grey.",
        "keeper",
    ),
]


@pytest.mark.parametrize(("text", "words", "wanted"), CASES)
def test_the_items_of_a_list(text, words, wanted):
    assert items(made_of(text), words) == wanted


@pytest.mark.parametrize(("text", "words"), NONE)
def test_no_items_where_the_place_is_in_no_list(text, words):
    assert items(made_of(text), words) == []


def test_a_list_goes_on_over_a_page_end():
    made = made_of(
        "The tenant keeps in repair:\n(a) the wheel;\n(b) the door and its",
        "old lock; and\n(c) the roof.",
    )
    assert items(made, "keeps in repair") == ["the wheel", "the door and its", "the roof"]
    assert items_below(made, 2, 15, 30)[-1][0] == 2


def test_an_item_is_whole_where_its_lines_are_wrapped():
    made = made_of("It covers:\n(a) water that runs\nover the weir,\n(b) fire.")
    assert items(made, "It covers") == ["water that runs\nover the weir", "fire"]


PIECES = st.sampled_from(
    [
        "(a) ",
        "(b) ",
        "(c) ",
        "(i) ",
        "(ii) ",
        "1. ",
        "2. ",
        "• ",
        "- ",
        "if: ",
        "rent; ",
        "and ",
        "oil. ",
        "A ",
        "\n",
    ]
)


@given(
    pages=st.lists(st.lists(PIECES, max_size=30).map("".join), min_size=1, max_size=3),
    data=st.data(),
)
def test_items_are_in_order_inside_their_pages_and_apart(pages, data):
    made = made_of(*pages)
    page = data.draw(st.integers(1, len(pages)))
    start = data.draw(st.integers(0, len(pages[page - 1])))
    end = data.draw(st.integers(start, len(pages[page - 1])))
    found = items_below(made, page, start, end)
    assert len(found) != 1
    for at, span in found:
        words = pages[at - 1][span.start : span.end]
        assert words and words == words.strip()
    keys = [(at, span.start, span.end) for at, span in found]
    assert keys == sorted(keys)
    assert all(
        one[0] < two[0] or one[2] <= two[1] for one, two in zip(keys, keys[1:], strict=False)
    )
