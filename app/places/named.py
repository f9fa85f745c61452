"""The section that somebody names in a few words: "81", "Article 81", "186(3)", "Schedule 2 Part A", a heading."""

from __future__ import annotations

import re

from docqa.app.places.cites import PlaceCite, find_cites, in_full
from docqa.app.places.resolve import CitedPlaces, Region
from docqa.ingest.types import Document

_BARE = re.compile(r"[A-Za-z0-9]{1,6}(?:[.\-–][A-Za-z0-9]{1,4})*(?:\([A-Za-z0-9]{1,5}\))*\.?")
_WORDS = ("section", "", "chapter", "part", "schedule", "appendix", "exhibit", "annex", "title", "attachment")


def region_named(document: Document, name: str) -> Region | None:
    """Where the section called `name` is: by what the document prints to name it, by its number with or without its
    word, by its heading, or by the beginning of its heading; None where there is none."""
    wanted = " ".join(name.split())
    if not wanted:
        return None
    places = CitedPlaces(document, 0)
    found = places.located(wanted) or _cited(places, wanted) or _headed(places, wanted.casefold())
    return found[0] if found else None


def _cited(places: CitedPlaces, wanted: str) -> list[Region]:
    if _BARE.fullmatch(wanted):
        number = wanted.rstrip(".")
        cites = (PlaceCite(0, len(number), number, "section", (number,), word) for word in _WORDS)
        return next((found for cite in cites if (found := places.regions(cite))), [])
    typed = in_full(wanted)
    cites_in = find_cites(typed)
    return places.regions(cites_in[0]) if len(cites_in) == 1 and cites_in[0].text == typed else []


def _headed(places: CitedPlaces, wanted: str) -> list[Region]:
    sections = places.document.sections
    whole = (section for section in sections if section.title.casefold() == wanted)
    begun = (section for section in sections if section.title.casefold().startswith(wanted))
    section = next(whole, None) or next(begun, None)
    return [places.region_of(section)] if section is not None else []
