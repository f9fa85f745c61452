"""The front door: one document in, one SummaryRecord out: the same for the same document, model and
style. The bundled model does not write well enough: it chooses among the document's sentences."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from docqa.app.answer.grades import Grade
from docqa.app.context.context import Context
from docqa.app.evidence.ranking import RankedPassage
from docqa.app.quotes.quoting import make_cite
from docqa.app.quotes.verifier import Located
from docqa.app.reading.clauses import clause_sentences
from docqa.app.reading.document_kind import DocumentKind, likeliest_document_kind
from docqa.ingest.structure.leads import leads_outside
from docqa.ingest.types import Document
from docqa.model.protocol import Model

from .kinds import bias_of, leading_candidates, pool_with_topic_weights
from .parts import WHOLE, SummaryPart, parts_of, parts_with_candidates_in, sentences_of_part
from .record import (
    EXTRACTED,
    SentenceCite,
    SummaryRecord,
    SummarySection,
    SummarySentence,
)
from .selection import Pool
from .sentences.candidates import find_candidates, speaker_at
from .topical import about_focus, choose_for_topic, first_of_each_clause
from .topics import STYLES as TOPICS

_FOR_EACH = 15  # sentences of a section for one in the summary


def summarize_document(
    document: Document,
    context: Context,
    model: Model,
    style: str,
    *,
    focus: str = "",
    ranked: Sequence[RankedPassage] = (),
) -> SummaryRecord:
    """The summary of `document` in a style of `record.STYLES`; `context` is `lay_out([document],
    model.tokenizer)`. With a `focus` it is about that, by `ranked`, the passages for it, best
    first."""
    candidates = find_candidates(document)
    if not candidates:
        return SummaryRecord.for_document(document, style, EXTRACTED, readable=False)
    kind = likeliest_document_kind(document)
    pool = Pool(document, candidates, bias_of(document, kind, candidates), model.reader)
    if focus:
        whole, parts, empty = _choose_by_focus(
            style, about_focus(focus, pool, context, ranked), focus, pool
        )
    elif style in TOPICS:
        return _summarize_by_topic(style, pool, context)
    else:
        free = (
            style == "brief" and kind is DocumentKind.PAPER
        )  # its best sentences are nearer to its own abstract
        whole, parts, empty = _choose_by_part(
            style,
            pool_with_topic_weights(kind, pool),
            [] if free else leading_candidates(kind, pool),
        )
    sections = tuple(
        SummarySection(
            part.id, part.heading, part.level, _sentences_of_candidates(pool, part.numbers)
        )
        for part in parts
    )
    sentences = _sentences_of_candidates(pool, whole)
    return SummaryRecord.for_document(
        document, style, EXTRACTED, sentences=sentences, sections=sections, not_covered=tuple(empty)
    )


def _choose_by_part(
    style: str, pool: Pool, first: list[int]
) -> tuple[list[int], list[SummaryPart], list[str]]:
    """(sentences of the whole, `first` first; parts with theirs; headings of parts without)."""
    parts = parts_of(pool.document, pool.candidates)
    # Fewer where it would be most of a short document.
    count = max(1, min(WHOLE[style], (len(pool.candidates) + 1) // 2))
    first = first[:count]
    others = [
        number
        for number in pool.strongest_of_parts([part.numbers for part in parts])
        if number not in first
    ]
    whole = [*first, *pool.best_candidates(others, count - len(first), taken=first)]
    if style != "key-points":
        return whole, [], []
    sections: list[SummaryPart] = []
    for part in parts:
        numbers = [
            number for number in pool.strongest_of_parts([part.numbers]) if number not in whole
        ]
        taken = [*whole, *(number for section in sections for number in section.numbers)]
        share = sentences_of_part(-(-len(part.numbers) // _FOR_EACH), len(parts))
        chosen = pool.best_candidates(numbers, share, taken=taken)
        sections.append(replace(part, numbers=tuple(chosen)))
    covered = {number for section in sections for number in section.numbers} | set(whole)
    empty = [part.heading for part in parts if not covered & set(part.numbers)]
    filled = [section for section in sections if section.numbers]
    return whole, filled if len(parts) > 1 else [], empty


def _choose_by_focus(
    style: str, numbers: Sequence[int], focus: str, pool: Pool
) -> tuple[list[int], list[SummaryPart], list[str]]:
    """(sentences about the focus, further ones by part, the focus where there is none)."""
    whole = sorted(numbers[: WHOLE[style]])
    others = set(numbers[WHOLE[style] :]) if style == "key-points" else set[int]()
    return (
        whole,
        parts_with_candidates_in(parts_of(pool.document, pool.candidates), others),
        [] if whole else [focus],
    )


def _summarize_by_topic(style: str, pool: Pool, context: Context) -> SummaryRecord:
    """A section for each topic that something states, those of clauses first; the others are not
    covered where no sentence of the document is likely of them."""
    topics = TOPICS[style]
    rows = clause_sentences(context)
    found: dict[str, list[Located]] = {}
    taken: list[int] = []
    for topic in topics:
        if topic.each:
            numbers = first_of_each_clause(topic, rows, taken)
            taken += numbers
            found[topic.heading] = [rows[n].location_in(context) for n in numbers]
    chosen = [
        number
        for number, candidate in enumerate(pool.candidates)
        if any(
            candidate.page == place.page and place.start <= candidate.start < place.end
            for places in found.values()
            for place in places
        )
    ]
    salience = pool.all_scores()
    for topic in topics:
        if not topic.each:
            numbers = choose_for_topic(topic, pool, salience, chosen)
            chosen += numbers
            found[topic.heading] = [pool.candidates[n].location for n in numbers]
    headings = (topic.heading for topic in topics if found[topic.heading])
    sections = (
        SummarySection(None, heading, 1, _sentences_at(pool.document, found[heading]))
        for heading in headings
    )
    silent = [topic for topic in topics if topic.clauses and not found[topic.heading]]
    absent = (topic.heading for topic in silent if not first_of_each_clause(topic, rows, ()))
    return SummaryRecord.for_document(
        pool.document, style, EXTRACTED, sections=tuple(sections), not_covered=tuple(absent)
    )


def _sentences_of_candidates(pool: Pool, numbers: Iterable[int]) -> tuple[SummarySentence, ...]:
    return _sentences_at(pool.document, (pool.candidates[number].location for number in numbers))


def _sentences_at(document: Document, places: Iterable[Located]) -> tuple[SummarySentence, ...]:
    made = []
    for place in places:
        speaker = speaker_at(document, place.page, place.start, place.end)
        leads = leads_outside(document, place.page, place.start, place.end)
        parts = [*(Located(0, lead.page, lead.start, lead.end) for lead in leads), place]
        text = " ".join(part.text_in((document,)) for part in parts)
        made.append(
            SummarySentence(
                text,
                Grade.EXACT,
                tuple(SentenceCite.from_cite(make_cite((document,), part)) for part in parts),
                speaker,
            )
        )
    return tuple(made)
