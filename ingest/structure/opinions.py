"""The parts of a court's opinion and who speaks in them: a dissent must not be quoted as the
holding.
"""

import re
from collections import Counter
from collections.abc import Sequence

from docqa.ingest.types import Item, Page, Section, lines_of, location_of

from .clean import collapse_whitespace

_NAME = r"[A-Z][^\W\d_]+(?:[’'-][^\W\d_]+)*"
_WHOM = r"(?:,\s+with\s+whom\s[^.:]{3,200}?\bjoins?\b[^.:]{0,80}?)?"
_VIEW = r"(?P<view>(?:(?:specially|respectfully)\s+)?(?:concurring|dissenting)[a-z ,]{0,90})"
_JUSTICE = re.compile(
    rf"(?:MR\.\s+)?(?:CHIEF\s+JUSTICE|JUSTICE|Chief\s+Justice|Justice)\s+(?P<name>{_NAME}){_WHOM},?\s+"
    rf"(?:(?P<whose>delivered\s+the\s+opinion|announced\s+the\s+judgment)\b|{_VIEW}\s*[.:])"
)
_JUDGE = re.compile(
    rf"(?P<name>{_NAME}(?:\s+{_NAME})?),\s+(?:(?:Chief|Senior|Presiding|Associate)\s+)?"
    rf"(?:(?:Circuit|District|Bankruptcy|Appellate)\s+)?(?:Judge|Justice|C\.\s?J\.|J\.)(?:{_WHOM},\s+{_VIEW})?\s*[.:]"
)
_PER_CURIAM = re.compile(r"(?:PER CURIAM|Per Curiam)\s*(?:[.:]|$)")
_COURT = re.compile(
    r"\b(?:supreme court|courts? of appeals?|district court|superior court|court of)\b",
    re.IGNORECASE,
)
_LAST = re.compile(r"(.{1,400}?)(?:, |\.)([IVX]{1,5}|[A-Z]|\d{1,2})")
_SYLLABUS = re.compile(r"(?:Syllabus|SYLLABUS)$")


def find_opinions(pages: Sequence[Page]) -> list[tuple[int, int, str]]:
    """The parts in order: page (from 1), where it begins there, title, which names who speaks;
    empty: no opinion.
    """
    parts: list[tuple[int, int, str]] = []
    before: str | None = None
    for page in pages:
        for span in lines_of(page.text):
            line = span.of(page.text)
            title = _opinion_title(line.strip())
            if title and title != before:
                indent = len(line) - len(line.lstrip())
                parts.append((page.page, span.start + indent, title))
                before = title
    signed = any(title != "Syllabus" for *_, title in parts)
    beginning = "\n".join(page.text[:6000] for page in pages[:4])
    return parts if signed and _COURT.search(beginning) else []


def add_opinion_parts(
    sections: Sequence[Section], items: Sequence[Item], pages: Sequence[Page]
) -> tuple[Section, ...]:
    """`sections`, of an opinion with its parts: numerals or letters alone on a line of `items`."""
    if not any(section.source == "opinion" for section in sections):
        return tuple(sections)
    places = set(map(location_of, sections))
    found = sorted(sections, key=location_of)
    children = Counter(section.parent for section in sections)
    for item in items:
        around, mark = _opinion_part_locator(item, pages)
        if not mark or location_of(item) in places:
            continue
        before = [section for section in found if location_of(section) < location_of(item)]
        parents = [section for section in before if section.locator == around]
        if not parents:
            continue
        parent = parents[-1]
        children[parent.id] += 1
        made = Section(
            f"{parent.id}.{children[parent.id]}",
            mark,
            "",
            parent.level + 1,
            item.page,
            item.start,
            "numbering",
            0.8,
            parent.id,
            pages[item.page - 1].label,
            item.locator,
        )
        found.insert(len(before), made)
    return tuple(found)


def _opinion_part_locator(item: Item, pages: Sequence[Page]) -> tuple[str, str]:
    """The locator around a part alone on its line, and its own mark; empty for others."""
    line = pages[item.page - 1].text[item.start :].split("\n", 1)[0].strip().rstrip(".")
    match = _LAST.fullmatch(item.locator)
    return (match[1], match[2]) if match and match[2] == line else ("", "")


def _opinion_title(line: str) -> str | None:
    if _SYLLABUS.match(line):
        return "Syllabus"
    match = _JUSTICE.match(line)
    if match:
        if match["whose"]:
            kind = "Opinion" if match["whose"].startswith("delivered") else "Judgment"
            return f"{kind} of the Court ({_title_case_name(match['name'])})"
        return _title_of_separate_opinion(match)
    match = _JUDGE.match(line)
    if match and match["view"]:
        return _title_of_separate_opinion(match)
    if match and match["name"].isupper():
        return f"Opinion of the court ({_title_case_name(match['name'])})"
    return "Opinion of the court (per curiam)" if _PER_CURIAM.match(line) else None


def _title_of_separate_opinion(match: re.Match[str]) -> str:
    """ "Stevens, dissenting" of the line of a judge."""
    return f"{_title_case_name(match['name'])}, {collapse_whitespace(match['view']).rstrip(' ,')}"


def _title_case_name(name: str) -> str:
    """Of a name in capitals; "McCONNELL" stays."""
    return " ".join(word.capitalize() if word.isupper() else word for word in name.split())
