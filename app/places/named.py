"""What a few words name: a document by file or title, a section ("81", "Schedule 2 Part A", a
heading), a page.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from docqa.app.evidence.terms import plain_words
from docqa.app.quotes.normalise import fold
from docqa.ingest.language.numbers import ordinal
from docqa.ingest.language.places import ATTACHMENTS
from docqa.ingest.language.words import DOCUMENTS
from docqa.ingest.types import Document

from .cites import PlaceCite, find_cites, with_places_in_full
from .resolve import CitedPlaces, Region

_BARE = re.compile(r"[A-Za-z0-9]{1,6}(?:[.\-–][A-Za-z0-9]{1,4})*(?:\([A-Za-z0-9]{1,5}\))*\.?")
_PAGE_WORD = re.compile(r"^(?:p|pp|page)\b\.?\s*")
_PHYSICAL = re.compile(r"(?:pdf\s*)?(\d{1,9})")
_WORDS = ("section", "", "chapter", "part", *sorted(ATTACHMENTS), "title")
_LEAST_NAME = 4


def find_section_region(document: Document, name: str) -> Region | None:
    """The section called `name`: by locator, number with or without its word, or how its heading
    begins.
    """
    wanted = " ".join(name.split())
    if not wanted:
        return None
    places = CitedPlaces(document, 0)
    if found := places.regions_with_locator(wanted) or _regions_of_cite(places, wanted):
        return found[0]
    titles = [(section.title.casefold(), section) for section in document.sections]
    begun = [(title, section) for title, section in titles if title.startswith(wanted.casefold())]
    whole = (section for title, section in begun if title == wanted.casefold())
    section = next(whole, None) or next((section for _, section in begun), None)
    return places.region_of(section) if section else None


def find_page_number(document: Document, name: str) -> int | None:
    """The page called `name`, from 1: by its printed label ("xii", "p. 4"), else its number ("PDF
    14"); or None.
    """
    text = name.strip().casefold()
    bare = _PAGE_WORD.sub("", text)
    if not document.paged or not text:
        return None
    labelled = (
        page.page
        for page in document.pages
        if (page.label or "").casefold() in (text, bare) and page.label
    )
    number = _PHYSICAL.fullmatch(bare)
    counted = int(number[1]) if number and 1 <= int(number[1]) <= len(document.pages) else None
    return next(labelled, counted)


def _regions_of_cite(places: CitedPlaces, wanted: str) -> list[Region]:
    if _BARE.fullmatch(wanted):
        number = wanted.rstrip(".")
        cites = (PlaceCite(0, len(number), number, "section", (number,), word) for word in _WORDS)
        return next((found for cite in cites if (found := places.regions_of_cite(cite))), [])
    typed = with_places_in_full(wanted)
    cites_in = find_cites(typed)
    return (
        places.regions_of_cite(cites_in[0])
        if len(cites_in) == 1 and cites_in[0].text == typed
        else []
    )


class DocumentNames:
    def __init__(self, documents: Sequence[Document]) -> None:
        self._names = [_names_of_document(document) for document in documents]

    def documents_named_in(self, words: str) -> set[int]:
        folded = fold(words).text
        return {
            number
            for number, names in enumerate(self._names)
            if any(
                name in folded and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", folded)
                for name in names
            )
        }

    def documents_meant_by(self, question: str) -> set[int]:
        """The documents that a question is limited to, by name or order ("the second contract"), or
        none.
        """
        found = self.documents_named_in(question)
        count = len(self._names)
        for word, noun in pairwise(plain_words(question)):
            number = count if word == "last" else ordinal(word) or 0
            found |= {number - 1} if noun in DOCUMENTS and 0 < number <= count else set()
        return found if len(found) < count else set()


def _names_of_document(document: Document) -> list[str]:
    """What a text may call a document, folded: its file's name with and without type, a title of
    several words. A common word ("lease.txt") names it only with its type."""
    file = document.path.replace("\\", "/").rpartition("/")[2]
    stem = file.rpartition(".")[0] or file
    names = [file, document.title, stem, stem.replace("_", " ")]
    full = [name for name in names[:1] if name] + [n for n in names[1:] if not n.strip().isalpha()]
    folded = {fold(name).text.strip() for name in full}
    return [name for name in sorted(folded) if len(name) >= _LEAST_NAME]
