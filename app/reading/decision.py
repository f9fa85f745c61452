"""From what was read to what is answered: the form of the answer, its words, and what speaks for
it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from docqa.app.answer.grades import Verdict
from docqa.app.context.context import Context
from docqa.app.evidence.ranking import Ranked
from docqa.app.evidence.terms import plain_words
from docqa.app.facts.facts import FactKind, places_of, read
from docqa.app.places.scope import Scope
from docqa.app.quotes.sentence_runs import Sentences
from docqa.app.reading.candidates import (
    ANYTHING,
    BY_CLAUSE,
    BY_STRUCTURE,
    Candidate,
    Candidates,
    Form,
    ScoredPlaces,
    Wanted,
    best_first,
    trim,
    whole_passage,
)
from docqa.app.reading.clauses import ClauseSentence, shipped
from docqa.app.reading.list_items import items_below
from docqa.app.reading.parties import QUOTES, names_in
from docqa.app.reading.rereading import ExcerptReading, ExcerptSpan, ReadAlone
from docqa.app.reading.wording.forms import answers_briefly, asks_for_list
from docqa.ingest.types import Document

UNLIKELY = -36.0  # log-probability of start plus end, at least
LIKELY_ITEM = 0.5
LIST = 6.0  # a list is likelier than the reader says, trained on few
LIST_IN_WORDS = 4.0  # again where the question's words ask for one
LEAD_IN = 200  # characters from a lead-in to the first item
LONGEST_LIST = 40
UNSURE = 0.6  # log-odds of yes or no below which the clause is all: of others 87 % are right
PLACE_WORDS = 250
READ_ALONE = 3  # best sentences that are read alone
ALONE = 1.5  # of the log-odds that one answers, beside the words' log-probability
LONGEST_CLAUSE = 60  # words
TERM = "term"  # until when, or for how long
LONGEST_GAP = 4  # words between two pieces of one phrase
CURRENCIES = "$€£¥"
PERCENT = re.compile(r"\s?%")
PARTED = re.compile(r"[,;:•|]|[.?!]\s|\(\w{1,4}\)|\b(?:and|or)\b", re.IGNORECASE)
ENUMERATED = re.compile(r"(?:[\W_]|\(\w{1,4}\)|\b(?:and|or|the|an?)\b)*", re.IGNORECASE)
INSIDE = re.compile(r"(?<!\w)[A-Z]\.[A-Z]|\d[.,:]\d|[^\W\d_][’'-][^\W\d_]")
"""Marks that do not end a word: "U.S", "2,000", "well-kept", "it's"."""


Alone = Callable[[Sequence[tuple[int, str]]], Sequence[ReadAlone]]
"""`read_alone` with a question."""


def verdict_of(odds: float) -> Verdict | None:
    """What log-odds of yes say; None where they leave it open."""
    return None if abs(odds) < UNSURE else Verdict.YES if odds > 0 else Verdict.NO


def decide(
    reading: ExcerptReading,
    places: ScoredPlaces,
    documents: Sequence[Document],
    question: str,
    alone: Alone,
    wanted: Wanted = ANYTHING,
) -> Candidates:
    """Candidates of an answer, best first, in the form that the question wants; `wanted`: what a
    field's has to be.
    """
    found = [c for span in reading.spans if (c := _candidate(places, span)) is not None]
    candidates = best_first(found)
    if wanted.kind is not None:
        candidates = tuple(
            c for each in candidates if (c := _of_kind(each, wanted.kind, places)) is not None
        )
    if not candidates:
        return Candidates((), reading.none, reading.tokens)
    if wanted == ANYTHING:
        chances = {each: reading.forms[each] for each in (Form.FACT, Form.LIST, Form.YES_NO)}
        chances[Form.LIST] *= LIST * (LIST_IN_WORDS if asks_for_list(question) else 1.0)
        form = max(
            chances, key=lambda each: chances[each]
        )  # the likeliest; one of two parts is asked as two
    else:
        form = (
            Form.YES_NO
            if wanted.kind is FactKind.YES_NO
            else Form.LIST
            if wanted.several
            else Form.FACT
        )
    candidates, sentence = _alone_best_first(candidates, places, alone)
    best = candidates[0]
    excerpt = _excerpt_of(reading, places, best)
    items: tuple[Candidate, ...] = ()
    verdict: Verdict | None = None
    if form is Form.LIST and wanted.kind is not None:
        items = _names(reading, places, best, excerpt)
    elif form is Form.LIST:
        items = _items(reading, places, documents[best.document], best, excerpt)
    elif form is Form.YES_NO:
        verdict = verdict_of(sentence.yes)
    near = (item for item in items if best.page == item.page and item.start - LEAD_IN < best.end)
    if form is Form.LIST and not any(best.start < item.end for item in near):
        items = ()  # a list of something else: the best candidate is in no item or lead-in
    if form is Form.LIST and len(items) < (2 if wanted.kind is None else 1):
        form = Form.FACT
        items = ()
    signals = _signals(reading, candidates, items, form, excerpt, sentence)
    if (
        form is Form.FACT
        and wanted.kind is None
        and not answers_briefly(question, _text(places, best))
    ):
        whole = _whole(best, places)
        candidates = (
            whole if len(_text(places, whole).split()) <= LONGEST_CLAUSE else best,
            *candidates[1:],
        )
    return Candidates(candidates, reading.none, reading.tokens, form, verdict, items, signals)


def _alone_best_first(
    candidates: tuple[Candidate, ...], places: ScoredPlaces, alone: Alone
) -> tuple[tuple[Candidate, ...], ReadAlone]:
    """`candidates`, the one first whose sentence, of a few, answers by itself too; and that
    reading.
    """
    found: dict[tuple[int, int, int], tuple[Candidate, str]] = {}
    for candidate in candidates:
        whole = _whole(candidate, places)
        found.setdefault(
            (whole.document, whole.page, whole.start), (candidate, _text(places, whole))
        )
        if len(found) == READ_ALONE:
            break
    read = alone([(candidate.excerpt, text) for candidate, text in found.values()])
    scores = [
        each.score + ALONE * _bounded(said.answers)
        for (each, _), said in zip(found.values(), read, strict=True)
    ]
    best = scores.index(max(scores))
    chosen = [each for each, _ in found.values()][best]
    return (chosen, *(each for each in candidates if each != chosen)), read[best]


def _of_kind(candidate: Candidate, kind: FactKind, places: ScoredPlaces) -> Candidate | None:
    """The value of a kind in a candidate, or the only one in its sentences."""
    if kind is FactKind.YES_NO:
        return candidate
    if kind in (FactKind.PARTY, FactKind.PERSON):
        return candidate if _text(places, candidate)[:1].isupper() else None
    whole = _whole(candidate, places)
    start = candidate.start - whole.start
    end = candidate.end - whole.start
    values = places_of(kind, _text(places, whole))
    inside = [value for value in values if value.start < end and start < value.end]
    if not inside and len(values) != 1:
        return None
    chosen = [*inside, *values][0]
    return replace(candidate, start=whole.start + chosen.start, end=whole.start + chosen.end)


def _names(
    reading: ExcerptReading, places: ScoredPlaces, best: Candidate, excerpt: int
) -> tuple[Candidate, ...]:
    """The items in the best candidate's excerpt that are names and stand in no other, each once."""
    found = [
        c
        for i in reading.items
        if i.excerpt == excerpt and (c := _candidate(places, i)) is not None
    ]
    names = [c for c in (best, *found) if c.end - c.start > 1 and _text(places, c)[0].isupper()]
    kept: list[Candidate] = []
    for name in sorted(names, key=lambda c: (c.start - c.end, c.start)):
        words = {word.casefold() for word in _words(places, name)}
        if not any(words <= {word.casefold() for word in _words(places, other)} for other in kept):
            kept.append(name)
    return tuple(sorted(kept, key=lambda c: (c.page, c.start)))


def _candidate(places: ScoredPlaces, span: ExcerptSpan) -> Candidate | None:
    start, end = whole_words(places.excerpts[span.passage].text, span.start, span.end)
    said = None if span.said is None else max(span.said, UNLIKELY)
    return places.candidate(span.passage, start, end, max(span.logprob, UNLIKELY), said=said)


def _bounded(odds: float) -> float:
    return max(min(odds, 12.0), -12.0)


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """`start:end` of `text` made longer until no word or number is cut and its unit is there:
    "$5,000", "25 %".
    """
    while 0 < start < len(text) and _goes_on(text, start):
        start -= 1
    while 0 < end < len(text) and _goes_on(text, end):
        end += 1
    if start and text[start].isdigit() and text[start - 1] in CURRENCIES:
        start -= 1
    unit = PERCENT.match(text, end)
    return start, unit.end() if unit and end and text[end - 1].isdigit() else end


def _goes_on(text: str, at: int) -> bool:
    if text[at - 1].isalnum() and text[at].isalnum():
        return True
    return any(
        match.start() < at < match.end() for match in INSIDE.finditer(text, max(at - 2, 0), at + 2)
    )


def _excerpt_of(reading: ExcerptReading, places: ScoredPlaces, candidate: Candidate) -> int:
    start = candidate.start - places.excerpts[candidate.excerpt].start
    for number, place in enumerate(reading.excerpts):
        if place.passage == candidate.excerpt and place.start <= start < place.end:
            return number
    raise AssertionError(f"{candidate} is in no excerpt that was read")


def _items(
    reading: ExcerptReading, places: ScoredPlaces, document: Document, best: Candidate, excerpt: int
) -> tuple[Candidate, ...]:
    """The items in the excerpt of the best candidate, in order; all items of a marked list where
    they, or the best candidate, are of one or lead to one."""
    spans = [
        item for item in reading.items if item.excerpt == excerpt and item.logprob >= LIKELY_ITEM
    ]
    found = [c for span in spans if (c := _candidate(places, span)) is not None]
    read = list({tuple(_words(places, c)): c for c in _whole_items(found, places)[::-1]}.values())[
        ::-1
    ]
    marked = [
        replace(best, page=page, start=span.start, end=span.end, logprob=LIKELY_ITEM)
        for page, span in items_below(document, best.page, best.start, best.end)
    ]
    inside = [
        {
            n
            for n, m in enumerate(marked)
            if m.page == c.page and m.start < c.end and c.start < m.end
        }
        for c in read
    ]
    touched = set().union(*inside)
    chosen = marked if len(marked) > 1 and (len(touched) > 1 or len(read) < 2) else read
    return tuple(sorted(chosen, key=lambda c: (c.document, c.page, c.start))[:LONGEST_LIST])


def _whole_items(found: Sequence[Candidate], places: ScoredPlaces) -> list[Candidate]:
    """`found`, pieces of a phrase joined; empty where no two stand side by side, but for a comma,
    "and", etc.
    """
    joined: list[Candidate] = []
    enumerated = False
    for candidate in sorted(found, key=lambda c: (c.page, c.start)):
        gap = ""
        if joined:
            item = places.excerpts[joined[-1].excerpt]
            end = joined[-1].end
            gap = item.text[end - item.start : max(end, candidate.start) - item.start]
        if joined and not PARTED.search(gap) and len(gap.split()) <= LONGEST_GAP:
            joined[-1] = replace(joined[-1], end=max(joined[-1].end, candidate.end))
        else:
            enumerated |= bool(joined) and ENUMERATED.fullmatch(gap) is not None
            joined.append(candidate)
    return joined if enumerated else []


def _whole(candidate: Candidate, places: ScoredPlaces) -> Candidate:
    item = places.excerpts[candidate.excerpt]
    found = Sentences(item.text)
    run = found.touched(candidate.start - item.start, candidate.end - item.start)
    if not run:
        return candidate
    span = found.span(run)
    start, end = trim(item.text, span.start, span.end)
    return (
        replace(candidate, start=item.start + start, end=item.start + end)
        if start < end
        else candidate
    )


def _words(places: ScoredPlaces, candidate: Candidate) -> list[str]:
    return plain_words(_text(places, candidate))


def _text(places: ScoredPlaces, candidate: Candidate) -> str:
    item = places.excerpts[candidate.excerpt]
    return item.text[candidate.start - item.start : candidate.end - item.start]


def _signals(
    reading: ExcerptReading,
    candidates: tuple[Candidate, ...],
    items: tuple[Candidate, ...],
    form: Form,
    excerpt: int,
    alone: ReadAlone,
) -> dict[str, float]:
    """What speaks for the first candidate, all finite: see answerability.SIGNALS."""
    best = candidates[0]
    apart = (
        c
        for c in candidates[1:]
        if c.excerpt != best.excerpt or c.end <= best.start or best.end <= c.start
    )
    second = next(apart, None)
    others: dict[str, float] = {}
    if best.said is not None:
        others = {"said": best.said, "said_lead": _lead(best.said, second.said if second else None)}
    return {
        **others,
        "margin": max(min(best.logprob - reading.none, 20.0), -20.0),
        "likely": best.logprob,
        "lead": _lead(best.logprob, second.logprob if second else None),
        "answers": _bounded(reading.answers[excerpt]),
        "answers_alone": _bounded(alone.answers),
        "answers_elsewhere": _bounded(sorted(reading.answers)[-2:][0]),
        "form_chance": reading.forms[form],
        "yes": _bounded(alone.yes),
        "items_chance": sum(c.logprob for c in items) / len(items)
        if form is Form.LIST and items
        else 0.0,
        "behind": best.behind,
    }


def _lead(best: float, second: float | None) -> float:
    return min(best - second, 10.0) if second is not None else 10.0


def place_itself(scope: Scope, context: Context, passages: Sequence[Ranked]) -> Candidates | None:
    """The text of the place that a question asks for: its passages one after the other, at most
    PLACE_WORDS words.
    """
    items: list[Candidate] = []
    words = 0
    for number, item in enumerate(passages):
        placed = context.passages[item.index]
        page = placed.passage.page
        for part in scope.parts(placed.document, page, placed.passage.start, placed.passage.end):
            text = context.documents[placed.document].pages[page - 1].text[part.start : part.end]
            start, end = trim(text, 0, len(text))
            count = len(text[start:end].split())
            if start < end and (not items or words + count <= PLACE_WORDS):
                words += count
                items.append(
                    Candidate(number, placed.document, page, part.start + start, part.start + end)
                )
    if not items:
        return None
    several = tuple(items) if len(items) > 1 else ()
    form = Form.LIST if several else Form.FACT
    return Candidates(tuple(items), None, 0, form, None, several, {BY_STRUCTURE: 1.0})


def clause_itself(
    context: Context, sentence: ClauseSentence, chance: float, wanted: Wanted
) -> Candidates:
    """A sentence of a clause, and yes where that is what is asked."""
    item = whole_passage(context, sentence.passage)
    start, end = trim(item.text, sentence.start, sentence.end)
    found = Candidate(0, item.document, item.page, item.start + start, item.start + end)
    verdict = Verdict.YES if wanted.kind is FactKind.YES_NO else None
    form = Form.FACT if verdict is None else Form.YES_NO
    return Candidates((found,), None, 0, form, verdict, (), {BY_CLAUSE: chance})


def in_sentence(
    found: Candidates, context: Context, sentence: ClauseSentence, chance: float, wanted: Wanted
) -> Candidates:
    """The value in a sentence of a clause: what was found there, else the first of its kind, else
    the sentence, as where a term is a period, whose date is its start."""
    item = whole_passage(context, sentence.passage)
    first = item.start + sentence.start
    end = item.start + sentence.end
    lasting = wanted.clause == TERM and places_of(
        FactKind.PERIOD, item.text[sentence.start : sentence.end]
    )
    if lasting and wanted.or_clause:
        return clause_itself(context, sentence, chance, wanted)
    within = [c for c in found.candidates if (c.document, c.page) == (item.document, item.page)]
    within = [c for c in within if first <= c.start < end]
    if not within and wanted.kind is not None:
        values = places_of(wanted.kind, item.text[sentence.start : sentence.end])
        at = (0, item.document, item.page)
        within = [Candidate(*at, first + value.start, first + value.end) for value in values[:1]]
    if not within and wanted.or_clause:
        return clause_itself(context, sentence, chance, wanted)
    return replace(found, candidates=tuple(within), signals={BY_CLAUSE: chance})


def names_in_clause(context: Context, rows: Sequence[ClauseSentence], chance: float) -> Candidates:
    """The names in the sentences of a clause, none part of another; several are a list."""
    found: dict[str, Candidate] = {}
    for row in rows:
        item = whole_passage(context, row.passage)
        first = item.start + row.start
        text = item.text[row.start : row.end]
        for name in names_in(text, *shipped("names", "follow")):
            said = text[name.start : name.end]
            if any(
                f"{mark}{said}" in item.text for mark in QUOTES
            ):  # what a party is called, not its name
                continue
            fact = read(FactKind.PARTY, said)
            at = (0, item.document, item.page, first + name.start, first + name.end)
            found.setdefault(fact.value if fact is not None else "", Candidate(*at))
    names = tuple(
        each for said, each in found.items() if not any(said in o and said != o for o in found)
    )
    several = names if len(names) > 1 else ()
    return Candidates(
        names, None, 0, Form.LIST if several else Form.FACT, None, several, {BY_CLAUSE: chance}
    )
