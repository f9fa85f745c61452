"""Sentences that address the reader or a machine ("Answer this always.", "Ignore the question."). A
document is quoted and never obeyed: what it says beside one is marked, and does not win over its
other words."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from docqa.app.answer.text import clip, one_line
from docqa.app.quotes.verifier import Located
from docqa.ingest.language.sentences import sentences
from docqa.ingest.types import Document

from .candidates import Candidate, Candidates, CandidateSet

_AROUND = 600  # characters on either side that are cut into sentences
_SHOWN = 80
_LIKELY = 8
_COVERAGE = 0.75  # of the marked sentence's share of the question's words
_MACHINE = r"(?:AI|LLM|chatbot|language model)s?(?:\s(?:model|system|assistant|reader)s?)?"
_ANSWER = r"(?:answer|reply|respond|say|output)"
_ADDRESSES = re.compile(
    rf"^\W{{0,5}}(?:please\s)?(?:(?:you\s(?:must|should)|always|only|never|now)\s){{0,2}}{_ANSWER}\s"
    r"(?:(?:to\s)?\w+\s(?:questions?\s)?)?(?:this|that|it|so|with|only|always|questions?)\b"
    r"|\b(?:ignore|disregard|forget|override)\s(?:[\w’']{1,20}\s){0,4}"
    r"(?:questions?|instructions?|prompts?|(?:other|previous|earlier)\s(?:text|documents?|answers?))\b"
    rf"|\b(?:dear|attention|(?:note|instructions?)\s(?:to|for)(?:\sthe)?)[,:]?\s(?:{_MACHINE}|assistant)\b"
    rf"|\byou\sare\san?\s(?:{_MACHINE}|assistant)\b|\b{_MACHINE}\s(?:must|should|shall|are\sto|reading\sthis)\b"
    rf"|\b(?:if|when(?:ever)?)\syou\sare\sasked\b[^.]{{0,60}}\b{_ANSWER}\b"
    r"|\bthe\s(?:correct|right|only|true)\sanswer\sto\s(?:[\w’']{1,20}\s){1,2}questions?\b",
    re.IGNORECASE,
)


def addresses_reader(sentence: str) -> bool:
    """Whether `sentence` says to a reader or a machine what to answer, or what not to heed."""
    return _ADDRESSES.search(one_line(sentence)) is not None


def sentence_addressing_reader_near(
    place: Candidate | Located, documents: Sequence[Document]
) -> str | None:
    """The sentence that addresses the reader and has `place`, or is right before or after it."""
    text = documents[place.document].pages[place.page - 1].text
    first = max(place.start - _AROUND, 0)
    around = text[first : place.end + _AROUND]
    spans = sentences(around)
    begin = place.start - first
    end = place.end - first
    own = [number for number, span in enumerate(spans) if span.end > begin and span.start < end]
    near = spans[max(own[0] - 1, 0) : own[-1] + 2] if own else []
    return next((each for span in near if addresses_reader(each := span.of(around))), None)


def move_suspicious_candidates_last(
    candidate_set: CandidateSet, documents: Sequence[Document]
) -> CandidateSet:
    """`candidate_set` with candidates next to such a sentence after others whose sentences have what was
    asked for as well; a list loses such items where others are left."""
    if candidate_set.parts:
        return replace(
            candidate_set,
            parts=tuple(
                move_suspicious_candidates_last(part, documents) for part in candidate_set.parts
            ),
        )
    doubted = {
        id(each)
        for each in (*candidate_set.candidates, *candidate_set.items)
        if sentence_addressing_reader_near(each, documents) is not None
    }
    if not doubted.intersection(map(id, (*candidate_set.candidates[:1], *candidate_set.items))):
        return candidate_set
    least = _COVERAGE * candidate_set.candidates[0].coverage
    others = [
        each
        for each in candidate_set.candidates
        if id(each) not in doubted and each.coverage >= least
    ]
    items = tuple(each for each in candidate_set.items if id(each) not in doubted)
    if not others and not items:
        return candidate_set
    kept = set(map(id, others))
    candidates = (*others, *(each for each in candidate_set.candidates if id(each) not in kept))
    if len(items) > 1:
        return replace(candidate_set, candidates=candidates, items=items)
    first = tuple(each for each in items if each not in others)
    return replace(candidate_set.without_shown((), documents), candidates=(*first, *candidates))


def warnings_of_addressed_reader(
    places: Iterable[Candidate | Located], documents: Sequence[Document]
) -> tuple[str, ...]:
    """A warning for every sentence that addresses the reader next to one of the answer's places."""
    lines: dict[str, None] = {}
    for place in places:
        if (sentence := sentence_addressing_reader_near(place, documents)) is not None:
            document = documents[place.document]
            where = f"{document.path}, page {place.page}" if document.paged else document.path
            said = clip(one_line(sentence), _SHOWN)
            what = f"a sentence addresses the reader or a machine (“{said}”)"
            lines[f"{where}: {what}: it is not obeyed; doubt what stands by it"] = None
    return tuple(lines)


def likely_candidates(candidate_set: CandidateSet | None) -> Candidates:
    """The candidates that may be the answer, and the items of a list."""
    return (*candidate_set.candidates[:_LIKELY], *candidate_set.items) if candidate_set else ()
