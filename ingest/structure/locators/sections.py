"""How a document itself calls each of its sections: "186", "Article 70", "7.A(2)", "Schedule 2 Part
A", "Recitals".

Locators are made only here. A number that occurs once is used alone, as printed; one that begins
again has those above it in front. What has no number is called by its heading. Nothing is ever
counted.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from docqa.ingest.language.expressions import lazily
from docqa.ingest.language.numbers import ORDINAL_WORD, ordinal, ordinal_of
from docqa.ingest.language.places import (
    ATTACHMENTS,
    DIVISIONS,
    ELSEWHERE,
    NAME_OF_DIVISION,
    division_of,
)
from docqa.ingest.language.words import word_set
from docqa.ingest.structure.clean import collapse_whitespace
from docqa.ingest.types import Section

_WORDED = lazily(r"(?P<word>[^\W\d_]{2,}\.?|§+)\s*(?:[Nn]o\.\s*)?(?P<core>\S.*)$")
_CORE_PARTS = lazily(r"[.\-–—]")
_CAPITALS = word_set("section sec clause paragraph rule").union(
    DIVISIONS, ORDINAL_WORD.split("|"), ELSEWHERE
)
"""Words in a number that are written alike wherever they are printed in capitals."""
_INNER_WORDS = word_set("section sec § article art clause paragraph rule regulation")
_NUMBER_AT_END = lazily(r"(?:\d[A-Za-z]{0,2}|\)|(?:^|\.)(?:[A-Z]|[IVXLC]+)|\.(?:[a-z]|[ivxlc]+))$")


def add_locators_to_sections(
    sections: Sequence[Section], *, has_pages: bool
) -> tuple[Section, ...]:
    """`sections`, parents first, with their locators, which without pages are labels where
    missing.
    """
    numbers = {section.id: printed_number(section) for section in sections}
    names = Counter(
        (numbers[section.id] or collapse_whitespace(section.title)).casefold()
        for section in sections
    )
    first = _first_numbered_section_id(sections)
    done: dict[str, Section] = {}
    for section in sections:
        above: list[Section] = []  # the sections around it, from the inside out
        while (parent := above[-1].parent if above else section.parent) is not None:
            above.append(done[parent])
        given = section.label if not has_pages else None
        locator = given or _locator_of_section(section, numbers, above, names, first)
        done[section.id] = replace(
            section, locator=locator, label=section.label if has_pages else locator
        )
    return tuple(done.values())


def printed_number(section: Section) -> str:
    """The number of a section as printed: "4.2", "Article 70" of "ARTICLE 70", "(a)"; or a name
    with its number in words ("First Schedule", "Part XXIA"); empty where it has none."""
    number = collapse_whitespace(section.number or "").rstrip(".: ")
    if not number:
        in_front = NAME_OF_DIVISION.match(section.title)
        number = collapse_whitespace(in_front.group()) if in_front else ""
    words = (
        word.capitalize() if word.rstrip(".").lower() in _CAPITALS else word
        for word in number.split()
    )
    return " ".join(words)


def append_to_locator(outer: str, inner: str) -> str:
    """`inner` (a number, a letter, "(a)") written after the locator that it is a part of."""
    if not outer:
        return inner
    if inner.startswith("("):
        return f"{outer}{inner}" if _ends_in_number(outer) else f"{outer} {inner}"
    if word_in_printed_number(inner):
        return f"{outer} {inner}"
    # ".A" follows a number, "Article IV" and "Section 2", not after a schedule or a
    # heading.
    tail = outer.rsplit(", ", 1)[-1]
    goes_on = _ends_in_number(outer) and not is_attachment(tail) and not is_division(tail)
    return f"{outer}.{inner}" if goes_on else f"{outer}, {inner}"


def attachment_locator_by_section_id(sections: Sequence[Section]) -> dict[str, str]:
    """The locator of the schedule, exhibit or the like that each section is or is in, by its id."""
    found: dict[str, str] = {}
    first = _first_numbered_section_id(sections)
    for section in sections:
        is_own = _has_numbers_of_its_own(section, first)
        locator = section.locator if is_own else found.get(section.parent or "")
        if locator:
            found[section.id] = locator
    return found


def _first_numbered_section_id(sections: Sequence[Section]) -> str | None:
    return next((section.id for section in sections if printed_number(section)), None)


def is_attachment(number: str) -> bool:
    """Whether a printed number is of a schedule, an exhibit or the like, in which numbers begin
    again.
    """
    words = number.casefold().split()
    return any(word in ATTACHMENTS or word == "annexure" for word in words[:2])


def _locator_of_section(
    section: Section,
    numbers: dict[str, str],
    outer_sections: list[Section],
    name_counts: Counter[str],
    first_numbered_id: str | None,
) -> str | None:
    own = numbers[section.id]
    # An exhibit that opens the document names all of it.
    whole = {
        one.id
        for one in outer_sections
        if one.id == first_numbered_id and is_attachment(numbers[one.id])
    }
    numbered = next(
        (one for one in outer_sections if numbers[one.id] and one.id not in whole), None
    )
    if not own:
        title = collapse_whitespace(section.title)
        again = name_counts[title.casefold()] > 1
        return f"{numbered.locator}, {title}" if numbered and again else title or None
    attached = next(
        (one for one in outer_sections if _has_numbers_of_its_own(one, first_numbered_id)), None
    )
    outer = attached
    if _repeats_outer_number(own, numbers, outer_sections):
        outer = None if attached is numbered else attached
    elif numbered and _needs_outer_number(own, numbers[numbered.id], name_counts):
        outer = numbered
    return append_to_locator(outer.locator or "" if outer else "", own)


def _repeats_outer_number(
    number: str, numbers: dict[str, str], outer_sections: list[Section]
) -> bool:
    """Whether a number repeats that of the section around it: "3.2" in 3, "A.1" in Appendix A."""
    parts = _CORE_PARTS.split(_number_without_word(number))
    if len(parts) < 2 or not outer_sections:
        return False
    around = next((numbers[one.id] for one in outer_sections if numbers[one.id]), None)
    if around is None:
        return not any(is_attachment(numbers[one.id]) for one in outer_sections)
    outer = _CORE_PARTS.split(_number_without_word(around))
    # "4.1" in Article IV; but "1.1" in Exhibit A is no part of A
    alike = not is_attachment(around) and ordinal_of(parts[0]) == ordinal_of(outer[0])
    return (alike or parts[: len(outer)] == outer) and (
        len(parts) > len(outer) or parts[0] != outer[0]
    )


def _has_numbers_of_its_own(section: Section, first_numbered_id: str | None) -> bool:
    """Whether numbers in `section` are its own: a schedule after section `first_numbered_id`, not
    "Exhibit 10.20" that names the document."""
    return section.id != first_numbered_id and is_attachment(printed_number(section))


def _needs_outer_number(number: str, outer_number: str, name_counts: Counter[str]) -> bool:
    """Whether the number around `number` belongs in front of it: a lone letter or numeral, or one
    that comes again.
    """
    again = name_counts[number.casefold()] > 1
    if word_in_printed_number(number):
        return again
    # Sections count on through chapters; letters and numbers that begin again are the chapter's
    # own.
    return not is_attachment(outer_number) and (again or not is_division(outer_number))


def is_division(number: str) -> bool:
    """Whether this is a part or chapter, whose sections have numbers of their own; "Article 7" is
    none.
    """
    word = word_in_printed_number(number)
    return bool(word) and word not in _INNER_WORDS


def word_in_printed_number(number: str) -> str:
    """ "article" of "Article 70", "schedule" of "First Schedule", empty for a bare number."""
    words = number.split()
    if words and words[0][0].isalpha() and ordinal(words[0]):
        return words[-1].casefold()
    match = _WORDED.match(number)
    if not match or (len(words) == 1 and not match["word"].startswith("§")):
        return ""
    word = match["word"]
    return "§" if word.startswith("§") else division_of(word)


def _number_without_word(number: str) -> str:
    """The number without its word."""
    match = _WORDED.match(number) if word_in_printed_number(number) else None
    return match["core"] if match else number


def _ends_in_number(locator: str) -> bool:
    """Whether "(a)" may follow at once: after "186", "Article IV" or "(2)", not after a
    heading.
    """
    tail = locator.rsplit(", ", 1)[-1].split() or [""]
    # A heading may happen to end with a number.
    short = (
        len(tail) == 1
        or bool(word_in_printed_number(" ".join(tail[-2:])))
        or any(map(str.isdigit, tail[0]))
    )
    return short and _NUMBER_AT_END.search(tail[-1]) is not None
