"""The number that is printed on each page, and whether the file's own page labels agree with it.

It is a word at the edge of a running head or foot that counts the pages ("12", "xii",
"4-7", "Page 3 of 20"), and wins over the file's label: people cite it.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from docqa.ingest.language.numbers import ROMAN

from .measures import NEAR_PAGES

_TOKEN = r"\d{1,3}[-–]\d{1,4}|\d{1,5}|[ivxlc]{1,7}|[IVXLC]{1,7}|[A-Z]{1,3}[-–.]?\d{1,4}"
_WHOLE = re.compile(rf"[\s\-–—|]*({_TOKEN})[\s\-–—|]*")
_FIRST = re.compile(rf"(?:[-–—|]\s?)?({_TOKEN})(?=[\s|]|[-–—](?:\s|$))")
_LAST = re.compile(rf"(?:(?<=[\s|])|(?<=\s[-–—]))({_TOKEN})(?:\s?[-–—|])?$")
_PAGE_WORD = re.compile(
    r"(?<!\bon )(?<!\bsee )(?<!\bfrom )(?<!\bto )\b(?:page|p\.)\s*([A-Z]?\d{1,5}(?:[-–]\d{1,4})?|[ivxlc]{1,7})\b",
    re.IGNORECASE,
)
_PARTS = re.compile(r"(.*?)(\d+)")


class _PrintedPageNumber(NamedTuple):
    """A number on `page` (from 0). `kind`: "roman", or what is before its last digits
    ("4-").
    """

    page: int
    text: str
    kind: str
    number: int


def page_numbers_in_running_heads(heads_by_page: Sequence[Sequence[str]]) -> list[str | None]:
    """The number that each page prints in its running `heads_by_page`, or None; it must count on over three
    pages.
    """
    labels: list[str | None] = [None] * len(heads_by_page)
    lengths = [0] * len(heads_by_page)
    for chain in _sequences_of_page_numbers(
        [list(_printed_numbers_of_page(page, lines)) for page, lines in enumerate(heads_by_page)]
    ):
        for printed in chain if len(chain) >= NEAR_PAGES else ():
            if len(chain) > lengths[printed.page]:
                lengths[printed.page] = len(chain)
                labels[printed.page] = printed.text
    return labels


def check_labels_against_print(
    file_labels: Sequence[str | None], heads_by_page: Sequence[Sequence[str]]
) -> tuple[list[str | None], list[int]]:
    """The labels to cite pages by, and the pages (from 1) that print another than `file_labels`. Where
    most numbered pages do, the file's labels count nowhere."""
    printed = page_numbers_in_running_heads(heads_by_page)
    if not any(file_labels):
        return printed, []
    agreed = 0
    differing = []
    labels = list(file_labels)
    for index, (label, own) in enumerate(zip(file_labels, printed, strict=True)):
        if label is None or own is None:
            labels[index] = label or own
        elif _fold_label(label) in (
            _fold_label(number.text)
            for number in _printed_numbers_of_page(index, heads_by_page[index])
        ):
            agreed += 1
        else:
            labels[index] = own
            differing.append(index + 1)
    return printed if len(differing) > agreed else labels, differing


def _fold_label(label: str) -> str:
    return label.replace("–", "-").casefold()


def _printed_numbers_of_page(page: int, lines: Sequence[str]) -> Iterator[_PrintedPageNumber]:
    seen: set[str] = set()
    for line in lines:
        text = line.strip()
        whole = _WHOLE.fullmatch(text)
        edges = [match for match in (_FIRST.match(text), _LAST.search(text)) if match]
        for match in [whole] if whole else [*_PAGE_WORD.finditer(text), *edges]:
            token = match.group(1)
            if token not in seen:
                seen.add(token)
                if token.lower() in ROMAN:
                    yield _PrintedPageNumber(page, token, "roman", ROMAN[token.lower()])
                elif parts := _PARTS.fullmatch(token):
                    yield _PrintedPageNumber(page, token, parts[1], int(parts[2]))


def _sequences_of_page_numbers(
    pages: Sequence[Sequence[_PrintedPageNumber]],
) -> Iterator[list[_PrintedPageNumber]]:
    """Numbers that count on as the pages do."""
    open_: dict[tuple[str, int], list[_PrintedPageNumber]] = {}
    for tokens in pages:
        for token in tokens:
            key = (token.kind, token.number - token.page)
            chain = open_.get(key)
            if chain is not None and token.page - chain[-1].page <= NEAR_PAGES:
                chain.append(token)
                continue
            if chain is not None:
                yield chain
            open_[key] = [token]
    yield from open_.values()
