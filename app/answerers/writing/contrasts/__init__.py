"""Contrasts: what two texts of nearly the same words say differently."""

from __future__ import annotations

from docqa.app.answerers.writing.contrasts.actors import deeds_of, other_actors
from docqa.app.answerers.writing.contrasts.bounds import other_bounds
from docqa.app.answerers.writing.contrasts.dates import other_dates
from docqa.app.answerers.writing.contrasts.exchanged import exchanged
from docqa.app.answerers.writing.contrasts.modals import other_modals
from docqa.app.answerers.writing.contrasts.opposites import opposed
from docqa.app.answerers.writing.contrasts.words import sentences_of

__all__ = [
    "deeds_of", "exchanged", "opposed", "other_actors", "other_bounds", "other_dates", "other_modals", "sentences_of",
]  # fmt: skip
