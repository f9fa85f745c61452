"""From what was read to what is answered: the form of the answer, its words, and what speaks for
it.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from docqa.app.answer.confidence import (
    ITEM_CHANCE,
    LARGEST_LEAD,
    LARGEST_MARGIN,
    LARGEST_ODDS,
    LEAST_SPAN,
    LIST_FACTOR,
    LIST_IN_WORDS_FACTOR,
    SENTENCE_WEIGHT,
    VERDICT_ODDS,
    clamp_to_bounds,
)
from docqa.app.answer.grades import Verdict
from docqa.app.evidence.terms import plain_words
from docqa.app.facts.facts import FactKind, fact_spans
from docqa.ingest.structure.leads import leads_of_cells
from docqa.ingest.types import Document

from .candidates import (
    ANYTHING,
    AnswerForm,
    AnswerRequirements,
    Candidate,
    Candidates,
    CandidateSet,
    ScoredExcerpts,
    sort_best_first,
)
from .list_items import items_below
from .premises import names_not_in
from .rereading import ExcerptReadResult, ExcerptSpan, SentenceOdds
from .wording.forms import asks_for_list, is_brief_answer
from .words_before import text_with_words_before

LEAD_IN = 200  # characters from a lead-in to the first item
LONGEST_LIST = 40
READ_ALONE = 3  # best sentences that are read alone
LONGEST_CLAUSE = 60  # words
LONGEST_GAP = 4  # words between two pieces of one phrase
CURRENCIES = "$€£¥"
PERCENT = re.compile(r"\s?%")
PARTED = re.compile(r"[,;:•|]|[.?!]\s|\(\w{1,4}\)|\b(?:and|or)\b", re.IGNORECASE)
ENUMERATED = re.compile(r"(?:[\W_]|\(\w{1,4}\)|\b(?:and|or|the|an?)\b)*", re.IGNORECASE)
INSIDE = re.compile(r"(?<!\w)[A-Z]\.[A-Z]|\d[.,:]\d|[^\W\d_][’'-][^\W\d_]")
"""Marks that do not end a word: "U.S", "2,000", "well-kept", "it's"."""


Alone = Callable[[Sequence[tuple[int, str]]], Sequence[SentenceOdds]]
"""`read_sentences_separately` with a question."""


def decide_answer(
    reading: ExcerptReadResult,
    places: ScoredExcerpts,
    documents: Sequence[Document],
    question: str,
    headings: Sequence[str],
    read_separately: Alone,
    wanted: AnswerRequirements,
) -> CandidateSet:
    """Candidates of an answer, best first, in the form that the question wants; `headings`: above
    each of the excerpts of `places`; `wanted`: what a field's has to be.
    """
    candidates = sort_best_first(_candidates_from_spans(places, reading.spans))
    if wanted.kind:
        of_kind = (_value_of_kind(candidate, wanted.kind, places) for candidate in candidates)
        candidates = tuple(filter(None, of_kind))
    if not candidates:
        return CandidateSet((), reading.tokens)
    candidates, said, sentence = _move_best_alone_first(
        candidates, places, documents, read_separately
    )
    best = candidates[0]
    document = documents[best.document]
    excerpt = _excerpt_index_with_candidate(reading, places, best)
    form = _likeliest_form(reading, question, wanted)
    items: Candidates = ()
    if form is AnswerForm.LIST:
        items = (
            _names_in_excerpt(reading, places, best, excerpt)
            if wanted.kind
            else _list_items_of_best(reading, places, document, best, excerpt)
        )
        # Of something else where the best candidate is in no item or lead-in.
        near = (i for i in items if best.page == i.page and i.start - LEAD_IN < best.end)
        least = 1 if wanted.kind else 2
        if len(items) < least or not any(best.start < item.end for item in near):
            form = AnswerForm.FACT
            items = ()
    verdict = None
    if form is AnswerForm.YES_NO and abs(sentence.yes) >= VERDICT_ODDS:
        verdict = Verdict.YES if sentence.yes > 0 else Verdict.NO
    signals = _answer_signals(reading, candidates, form, excerpt, sentence)
    heads = leads_of_cells(document, best.page, best.start, best.end)
    around = [headings[best.slot], *map(document.passage_text, heads), said]
    signals["names_elsewhere"] = float(names_not_in(" ".join(around), question))
    as_sentence = form is AnswerForm.FACT and wanted.kind is None
    if as_sentence and not is_brief_answer(question, places.candidate_text(best)):
        whole = places.whole_sentence_candidate(best)
        if len(places.candidate_text(whole).split()) <= LONGEST_CLAUSE:
            candidates = (whole, *candidates[1:])
    return CandidateSet(candidates, reading.tokens, form, verdict, items, signals)


def _likeliest_form(
    reading: ExcerptReadResult, question: str, wanted: AnswerRequirements
) -> AnswerForm:
    """The likeliest form; a question of two parts is asked as two."""
    if wanted == ANYTHING:
        chances = {
            form: reading.forms[form]
            for form in (AnswerForm.FACT, AnswerForm.LIST, AnswerForm.YES_NO)
        }
        chances[AnswerForm.LIST] *= LIST_FACTOR
        if asks_for_list(question):
            chances[AnswerForm.LIST] *= LIST_IN_WORDS_FACTOR
        return max(chances, key=lambda form: chances[form])
    if wanted.kind is FactKind.YES_NO:
        return AnswerForm.YES_NO
    return AnswerForm.LIST if wanted.several else AnswerForm.FACT


def _move_best_alone_first(
    candidates: Candidates,
    places: ScoredExcerpts,
    documents: Sequence[Document],
    read_separately: Alone,
) -> tuple[Candidates, str, SentenceOdds]:
    """`candidates`, the one first whose sentence, of a few, answers by itself too; that sentence
    with its leads, and its reading.
    """
    first: dict[tuple[int, int, int], Candidate] = {}
    texts: list[tuple[int, str]] = []
    for candidate in candidates:
        whole = places.whole_sentence_candidate(candidate)
        place = (whole.document, whole.page, whole.start)
        if place not in first:
            first[place] = candidate
            text = text_with_words_before(
                documents[whole.document], whole.page, whole.start, whole.end
            )
            texts.append((candidate.slot, text))
        if len(first) == READ_ALONE:
            break
    read = read_separately(texts)
    scores = [
        candidate.score + SENTENCE_WEIGHT * clamp_to_bounds(sentence.answers, LARGEST_ODDS)
        for candidate, sentence in zip(first.values(), read, strict=True)
    ]
    best = scores.index(max(scores))
    chosen = list(first.values())[best]
    others = (each for each in candidates if each != chosen)
    return (chosen, *others), texts[best][1], read[best]


def _value_of_kind(
    candidate: Candidate, kind: FactKind, places: ScoredExcerpts
) -> Candidate | None:
    """The value of a kind in a candidate, or the only one in its sentences."""
    if kind is FactKind.YES_NO:
        return candidate
    if kind in (FactKind.PARTY, FactKind.PERSON):
        return candidate if places.candidate_text(candidate)[:1].isupper() else None
    whole = places.whole_sentence_candidate(candidate)
    start = candidate.start - whole.start
    end = candidate.end - whole.start
    values = fact_spans(kind, places.candidate_text(whole))
    inside = [value for value in values if value.start < end and start < value.end]
    if not inside and len(values) != 1:
        return None
    chosen = [*inside, *values][0]
    return replace(candidate, start=whole.start + chosen.start, end=whole.start + chosen.end)


def _names_in_excerpt(
    reading: ExcerptReadResult, places: ScoredExcerpts, best: Candidate, excerpt: int
) -> Candidates:
    """The items in the best candidate's excerpt that are names and part of no other, each once."""
    items = _candidates_from_spans(
        places, (item for item in reading.items if item.excerpt == excerpt)
    )
    names = [
        c for c in (best, *items) if c.end - c.start > 1 and places.candidate_text(c)[0].isupper()
    ]
    longest_first = sorted(names, key=lambda c: (c.start - c.end, c.start))
    words_of: dict[Candidate, set[str]] = {}
    for name in longest_first:
        words = set(plain_words(places.candidate_text(name)))
        if not any(words <= others for others in words_of.values()):
            words_of[name] = words
    return tuple(sorted(words_of, key=lambda c: (c.page, c.start)))


def _candidates_from_spans(places: ScoredExcerpts, spans: Iterable[ExcerptSpan]) -> list[Candidate]:
    """Those of `spans` that are more than punctuation, in whole words."""
    candidates: list[Candidate] = []
    for span in spans:
        start, end = extend_to_whole_words(places.excerpts[span.slot].text, span.start, span.end)
        said = None if span.said is None else max(span.said, LEAST_SPAN)
        logprob = max(span.logprob, LEAST_SPAN)
        candidate = places.make_candidate(span.slot, start, end, logprob, other_reader_logprob=said)
        if candidate:
            candidates.append(candidate)
    return candidates


def extend_to_whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """`start:end` of `text` made longer until no word or number is cut and its unit is there:
    "$5,000", "25 %".
    """
    while 0 < start < len(text) and _is_inside_word_or_number(text, start):
        start -= 1
    while 0 < end < len(text) and _is_inside_word_or_number(text, end):
        end += 1
    if start and text[start : start + 1].isdigit() and text[start - 1] in CURRENCIES:
        start -= 1
    unit = PERCENT.match(text, end)
    return start, unit.end() if unit and end and text[end - 1].isdigit() else end


def _is_inside_word_or_number(text: str, offset: int) -> bool:
    if text[offset - 1].isalnum() and text[offset].isalnum():
        return True
    return any(
        match.start() < offset < match.end()
        for match in INSIDE.finditer(text, max(offset - 2, 0), offset + 2)
    )


def _excerpt_index_with_candidate(
    reading: ExcerptReadResult, places: ScoredExcerpts, candidate: Candidate
) -> int:
    start = candidate.start - places.excerpts[candidate.slot].start
    for number, place in enumerate(reading.excerpts):
        if place.slot == candidate.slot and place.start <= start < place.end:
            return number
    raise AssertionError(f"{candidate} is in no excerpt that was read")


def _list_items_of_best(
    reading: ExcerptReadResult,
    places: ScoredExcerpts,
    document: Document,
    best: Candidate,
    excerpt: int,
) -> Candidates:
    """The items in the excerpt of the best candidate, in order; all items of a marked list where
    they, or the best candidate, are of one or lead to one."""
    likely = (i for i in reading.items if i.excerpt == excerpt and i.logprob >= ITEM_CHANCE)
    # Of items with the same words the first.
    read: dict[tuple[str, ...], Candidate] = {}
    for item in _join_adjacent_items(_candidates_from_spans(places, likely), places):
        read.setdefault(tuple(plain_words(places.candidate_text(item))), item)
    marked = [
        replace(best, page=page, start=span.start, end=span.end, logprob=ITEM_CHANCE)
        for page, span in items_below(document, best.page, best.start, best.end)
    ]
    touched = sum(any(_candidates_overlap(mark, item) for item in read.values()) for mark in marked)
    by_marks = len(marked) > 1 and (touched > 1 or len(read) < 2)
    chosen = marked if by_marks else list(read.values())
    return tuple(sorted(chosen, key=lambda c: (c.document, c.page, c.start))[:LONGEST_LIST])


def _candidates_overlap(one: Candidate, other: Candidate) -> bool:
    return one.page == other.page and one.start < other.end and other.start < one.end


def _join_adjacent_items(items: Sequence[Candidate], places: ScoredExcerpts) -> list[Candidate]:
    """`items`, pieces of a phrase joined; empty where no two are side by side, but for a comma,
    "and", etc.
    """
    joined: list[Candidate] = []
    enumerated = False
    for candidate in sorted(items, key=lambda c: (c.page, c.start)):
        last = joined[-1] if joined else None
        gap = ""
        if last:
            item = places.excerpts[last.slot]
            gap = item.text[last.end - item.start : max(last.end, candidate.start) - item.start]
        if last and not PARTED.search(gap) and len(gap.split()) <= LONGEST_GAP:
            joined[-1] = replace(last, end=max(last.end, candidate.end))
        else:
            enumerated |= bool(joined) and ENUMERATED.fullmatch(gap) is not None
            joined.append(candidate)
    return joined if enumerated else []


def _answer_signals(
    reading: ExcerptReadResult,
    candidates: Candidates,
    form: AnswerForm,
    excerpt: int,
    sentence_odds: SentenceOdds,
) -> dict[str, float]:
    """What speaks for the first candidate, all finite: what a calibration weighs."""
    best = candidates[0]
    apart = (c for c in candidates[1:] if c.slot != best.slot or not _candidates_overlap(c, best))
    second = next(apart, None)
    signals = {
        "margin": clamp_to_bounds(best.logprob - reading.none, LARGEST_MARGIN),
        "likely": best.logprob,
        "lead": _lead_over_second(best.logprob, second.logprob if second else None),
        "answers": clamp_to_bounds(reading.answers[excerpt], LARGEST_ODDS),
        "answers_alone": clamp_to_bounds(sentence_odds.answers, LARGEST_ODDS),
        "answers_elsewhere": clamp_to_bounds(sorted(reading.answers)[-2:][0], LARGEST_ODDS),
        "form_chance": reading.forms[form],
        "yes": clamp_to_bounds(sentence_odds.yes, LARGEST_ODDS),
        "behind": best.behind,
    }
    if best.said is not None:
        signals["said"] = best.said
        signals["said_lead"] = _lead_over_second(best.said, second.said if second else None)
    return signals


def _lead_over_second(best: float, second: float | None) -> float:
    return min(best - second, LARGEST_LEAD) if second is not None else LARGEST_LEAD
