"""Where hits are: their lines, pages and sections."""

from dataclasses import replace
from typing import Any

from docqa.app.search.expression import words_pattern
from docqa.app.search.hits import SearchedText
from docqa.app.search.shown import HitStyle, hit_lines, hit_object
from docqa.ingest.structure import paragraphs
from docqa.ingest.structure.clean import paragraph_block_per_line
from docqa.ingest.types import Block, Item, Section


def shown(document: Any, words: str, **style: Any) -> list[str]:
    text = SearchedText(document)
    return list(hit_lines(text, text.find_hits(words_pattern(words)), HitStyle(**style)))


def test_a_phrase_over_a_page_break_has_two_cites(document):
    lease = document("Rent is due on the first", "day of each month.", labels=("iv", "1"))
    text = SearchedText(lease)
    (hit,) = text.find_hits(words_pattern("first day of"))
    assert [(cite.page, cite.label, cite.start, cite.end) for cite in hit.cites] == [
        (1, "iv", 19, 24),
        (2, "1", 0, 6),
    ]
    assert shown(lease, "first day of")[0].startswith("pp. iv–1 (PDF 1–2): ")
    assert hit_object(text, hit, 0)["text"] == "first\nday of"


def test_a_hit_names_the_section_that_is_printed(document):
    section = Section("1", "5.", "Term", 1, 1, 0, "numbering", 1.0, None, "1", "Article 5")
    lease = document("5. Term\nIt ends in May.\n(a) or in June.", sections=(section,))
    lease = replace(lease, items=(Item(1, 24, "5(a)"),))
    assert shown(lease, "It ends") == ["p. 1, Article 5: It ends in May."]
    assert shown(lease, "June") == ["p. 1, section 5(a): (a) or in June."]


def test_hits_of_one_line_are_shown_together_and_apart_in_json(document):
    lease = document("rent and rent\nno\nrent")
    assert shown(lease, "rent") == ["p. 1: rent and rent", "p. 1: rent"]
    text = SearchedText(lease)
    objects = [hit_object(text, hit, 1) for hit in text.find_hits(words_pattern("rent"))]
    found = [(each["start"], each["end"], each["before"], each["after"]) for each in objects]
    assert found == [(0, 4, [], ["no"]), (9, 13, [], ["no"]), (0, 4, ["no"], [])]
    assert [
        len(list(SearchedText(lease).find_places(words_pattern(words))))
        for words in ("rent", "rents")
    ] == [3, 0]


def test_lines_around_hits_are_shown_once(document):
    lease = document("one\ntwo hit\nthree\nfour hit\nfive\nsix\nseven\neight hit")
    assert shown(lease, "hit", context=1) == [
        "    one",
        "p. 1: two hit",
        "    three",
        "p. 1: four hit",
        "    five",
        "--",
        "    seven",
        "p. 1: eight hit",
    ]


def test_a_long_line_is_cut_around_every_hit(document):
    filler = "word " * 100
    (line,) = shown(document(f"{filler}first hit {filler}second hit {filler}"), "hit")
    assert line.startswith("p. 1: … word") and line.endswith("word …") and len(line) < 500
    assert "first hit word" in line and " word … word " in line and "second hit word" in line


def test_a_document_cannot_send_signs_to_the_terminal(document):
    (line,) = shown(document("a \x1b[31mred\x07 hit", path="\x1b]0;x.pdf"), "hit", with_file=True)
    assert line == "]0;x.pdf, p. 1: a [31mred hit"


def test_paragraphs_are_counted_once_for_all_hits(document, monkeypatch):
    text = "\n\n".join(f"The rent of unit {number} is due." for number in range(50))
    lease = document(text, paged=False)
    lease = replace(lease, pages=(replace(lease.pages[0], blocks=paragraph_block_per_line(text)),))
    counted: list[int] = []

    def numbered(blocks: tuple[Block, ...]) -> dict[int, int]:
        counted.append(len(blocks))
        return {block.start: at for at, block in enumerate(blocks, start=1)}

    monkeypatch.setattr(paragraphs, "_numbers_of_paragraphs", numbered)
    assert shown(lease, "rent")[-1].startswith("paragraph 50: ")
    assert counted == [50]


def test_colours_mark_the_place_and_what_was_found(document):
    (line,) = shown(document("the hit is"), "hit", colours=True)
    assert line == "\x1b[35mp. 1\x1b[0m: the \x1b[1;31mhit\x1b[0m is"
