"""The front door: one document in, one SummaryRecord out.

`summarize_document` is pure: the same document, model and style give the same record. The bundled model does not write
well enough to summarize in its own words: it chooses among the document's sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from docqa.app.answer.grades import Grade
from docqa.app.context.context import Context
from docqa.app.errors import UsageError
from docqa.app.evidence.ranking import Ranked
from docqa.app.quotes.quoting import cite
from docqa.app.quotes.verifier import Located
from docqa.app.summary.kinds import kind_of
from docqa.app.summary.leading import bias_of, leading
from docqa.app.summary.parts import WHOLE, Part, parts_of, sentences_of_part
from docqa.app.summary.record import (
    EXTRACTED,
    NOTHING,
    STYLES,
    SUMMARIZED,
    UNREADABLE,
    SentenceCite,
    SummaryRecord,
    SummarySection,
    SummarySentence,
)
from docqa.app.summary.salience import Scorer
from docqa.app.summary.selection import Pool
from docqa.app.summary.sentences.candidates import find_candidates
from docqa.app.summary.sentences.speech import speaker_at
from docqa.app.summary.topical import Asker, about_focus, choose_for_topic
from docqa.app.summary.topics import STYLES as TOPICS
from docqa.ingest.types import Document

if TYPE_CHECKING:
    from docqa.model.protocol import Model

_CLAUSE_WORDS = 160  # contracts name their parties in one long sentence


def summarize_document(
    document: Document, context: Context, model: Model, style: str, *, path: str | None = None, focus: str = "",
    ranked: Sequence[Ranked] = (),
) -> SummaryRecord:  # fmt: skip
    """The summary of `document` in a style of `record.STYLES`.

    `context` is `lay_out([document], model.tokenizer)`. `path` is the relative name in the record (default: the file's
    name alone). With a `focus` the summary is about that, by `ranked`, the passages of the context for it, best first.
    Raises UsageError for an unknown style.
    """
    if style not in STYLES:
        raise UsageError(f"unknown style {style!r}", where="--style", hint=", ".join(STYLES))
    if path is None:
        path = document.path.replace("\\", "/").rsplit("/", 1)[-1]
    candidates = find_candidates(document, **({"most_words": _CLAUSE_WORDS} if style == "clauses" else {}))
    warnings = document.coverage.warnings
    if not candidates:
        warnings = (*warnings, NOTHING)
        return SummaryRecord(path, document.id, document.title, style, EXTRACTED, UNREADABLE, warnings=warnings)
    kind = kind_of(document)
    scorer = Scorer(document, Pool.of(candidates), bias_of(document, kind, candidates))
    asker = Asker(document, model.reader, candidates)
    if focus:
        whole, parts, empty = _by_focus(style, about_focus(focus, asker, context, ranked), focus, scorer)
    elif style in TOPICS:
        whole, parts, empty = _by_topic(style, scorer, asker)
    else:
        whole, parts, empty = _by_part(style, scorer, leading(kind, scorer, asker))
    sections = tuple(
        SummarySection(part.id, part.heading, part.level, _sentences(scorer, part.numbers)) for part in parts
    )
    return SummaryRecord(
        path, document.id, document.title, style, EXTRACTED, SUMMARIZED, _sentences(scorer, whole), sections,
        tuple(empty), warnings,
    )  # fmt: skip


def _by_part(style: str, scorer: Scorer, first: list[int]) -> tuple[list[int], list[Part], list[str]]:
    """(sentences of the whole, those of `first` first, parts with theirs, headings of parts that have none)."""
    parts = parts_of(scorer.document, scorer.pool.candidates)
    pool = scorer.fold([part.numbers for part in parts])
    # Fewer where it would be most of a short document.
    count = max(1, min(WHOLE[style], (len(scorer.pool.candidates) + 1) // 2))
    first = first[:count]
    others = [number for number in pool if number not in first]
    whole = [*first, *scorer.choose(others, count - len(first), taken=first)]
    if style != "key-points":
        return whole, [], []
    sections: list[Part] = []
    for part in parts:
        numbers = [number for number in scorer.fold([part.numbers]) if number not in whole]
        taken = [*whole, *(number for section in sections for number in section.numbers)]
        chosen = scorer.choose(numbers, _share(part, len(parts)), taken=taken) if numbers else []
        sections.append(Part(part.id, part.heading, part.level, tuple(chosen)))
    covered = {number for section in sections for number in section.numbers} | set(whole)
    empty = [part.heading for part in parts if not covered & set(part.numbers)]
    kept = [section for section in sections if section.numbers]
    return whole, kept if len(parts) > 1 else [], empty


def _share(part: Part, parts: int) -> int:
    """How many sentences a section gets: one for each 15 of its own, at most 3, fewer where there are many sections."""
    return sentences_of_part(-(-len(part.numbers) // 15), parts)


def _by_focus(
    style: str, found: Sequence[int], focus: str, scorer: Scorer
) -> tuple[list[int], list[Part], list[str]]:
    """(sentences about the focus, further ones by part, the focus itself where no sentence is about it)."""
    whole = sorted(found[: WHOLE[style]])
    others = set(found[WHOLE[style] :]) if style == "key-points" else set[int]()
    parts = parts_of(scorer.document, scorer.pool.candidates)
    kept = [Part(part.id, part.heading, part.level, tuple(n for n in part.numbers if n in others)) for part in parts]
    return whole, [part for part in kept if part.numbers], [] if whole else [focus]


def _by_topic(style: str, scorer: Scorer, asker: Asker) -> tuple[list[int], list[Part], list[str]]:
    """(no sentence of the whole, a part for each topic that something states, headings of the others)."""
    salience = scorer.all_scores()
    chosen: dict[str, list[int]] = {}
    taken: list[int] = []
    for topic in sorted(TOPICS[style], key=lambda each: each.leftover):
        chosen[topic.heading] = choose_for_topic(topic, scorer.document, scorer.pool, asker, salience, taken)
        taken += chosen[topic.heading]
    headings = [topic.heading for topic in TOPICS[style]]
    found = [Part(None, heading, 1, tuple(chosen[heading])) for heading in headings if chosen[heading]]
    return [], found, [heading for heading in headings if not chosen[heading]]


def _sentences(scorer: Scorer, numbers: Iterable[int]) -> tuple[SummarySentence, ...]:
    """Candidates as sentences of a record. They are slices of the page, so each is exact at its own place."""
    document, made = scorer.document, []
    for candidate in (scorer.pool.candidates[number] for number in numbers):
        place = cite((document,), Located(0, candidate.page, candidate.start, candidate.end))
        cited = SentenceCite(place.page, place.label, place.section, place.start, place.end)
        words = document.pages[candidate.page - 1].text[candidate.start : candidate.end]
        speaker = speaker_at(document, candidate.page, candidate.start, candidate.end)
        made.append(SummarySentence(words, Grade.EXACT, (cited,), speaker))
    return tuple(made)
