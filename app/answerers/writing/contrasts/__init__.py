"""Contrasts: what two texts of nearly the same words say differently."""

from __future__ import annotations

from docqa.app.answerers.writing.contrasts.bounds import other_bounds
from docqa.app.answerers.writing.contrasts.exchanged import exchanged
from docqa.app.answerers.writing.contrasts.modals import other_modals
from docqa.app.answerers.writing.contrasts.opposites import opposed
from docqa.app.answerers.writing.contrasts.words import sentences_of

__all__ = ["exchanged", "opposed", "other_bounds", "other_modals", "sentences_of"]
