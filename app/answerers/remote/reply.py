"""A model's reply against the pages: its words are found there and cut from there, or they are said to be unverified.

The model points, the pages speak. Nothing of a reply becomes an answer or a quotation but words that stand in a
document; what does not is told with its grade.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property

from docqa.app.answer.answer import Quote
from docqa.app.answer.text import clip
from docqa.app.check.quotations import find_quotations
from docqa.app.context.context import Context
from docqa.app.evidence.ranking import WordIndex
from docqa.app.evidence.terms import count_content_words, terms
from docqa.app.quotes.align import find_whole
from docqa.app.quotes.normalise import Folded, fold
from docqa.app.quotes.quoting import cite, make_quote, quote_span
from docqa.app.quotes.verifier import CitedPlace, Located, Verdict, Verifier, too_short
from docqa.app.reading.candidates import Candidate, Excerpt, trim
from docqa.ingest.structure.sentences import sentences
from docqa.model.prompts.prompt import REFUSAL

_MOST_NOTES = 5
_LONGEST_NOTE = 240
_NUMBER = re.compile(r"\[(?:excerpt\s*)?(\d{1,3})\]", re.IGNORECASE)
_NUMBERS = re.compile(r"\s*[\[(](?:excerpts?\s*)?\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*[\])]\s*", re.IGNORECASE)
_LABEL = re.compile(
    r"^(?:[-*•+#>]+\s+|\d{1,2}[.)]\s+)*(?:\**(?:answer|quotes?|quotations?|support|evidence)\**\s*:\s*)?\**",
    re.IGNORECASE,
)
_FENCE = re.compile(r"^\s*```.*$", re.MULTILINE)
_EDGES = " \t\"'“”‘’*_`"
_LEAST_PROSE = 3
"""Content words from which the prose around a quotation is a claim of its own, and not "The lease says"."""


@dataclass(frozen=True)
class Statement:
    """Words of a reply, and the number of the excerpt that it gives for them; `quoted`: between quotation marks."""

    text: str
    excerpt: int | None = None
    quoted: bool = False


@dataclass(frozen=True)
class Reply:
    """`candidates` for the answer, best first; `also` further quotes; `notes` what the model wrote unverified.

    `verified`: the share of its claims (0 to 1) that stand word for word in the documents.
    """

    refused: bool
    candidates: tuple[Candidate, ...] = ()
    also: tuple[Quote, ...] = ()
    notes: tuple[str, ...] = ()
    verified: float = 0.0


@dataclass
class _Found:
    """A claim and where it stands; `spans` empty where nothing was located."""

    statement: Statement
    verdict: Verdict
    candidates: list[Candidate]


def check_reply(
    text: str, excerpts: list[Excerpt], question: str, context: Context, index: WordIndex, verifier: Verifier
) -> Reply:
    """Look every claim of the reply `text` up in the documents, in the excerpt that it names first."""
    if refuses(text):
        return Reply(True)
    check = _Check(excerpts, set(terms(question)), context, index, verifier)
    found = [check.look_up(statement) for statement in statements_of(text)]
    quotes = [item for item in found[1:] if item.verdict.verified and not too_short(item.statement.text)]
    answer = check.answer(found[0], quotes) if found else []
    candidates = [*answer, *(candidate for item in quotes for candidate in item.candidates)]
    first = found[0] if answer else quotes[0] if quotes else None
    good = sum(item.verdict.verified for item in found if item is not found[0]) + bool(answer)
    # Worth a quote of its own: located, and long enough to be evidence.
    stand = [item for item in found if item.verdict.spans and not too_short(item.statement.text)]
    return Reply(
        refused=False,
        candidates=tuple(candidates),
        also=tuple(check.quote(item) for item in stand if item is not first),
        notes=_notes([item for item in found if not item.verdict.verified or (item is found[0] and not answer)]),
        verified=good / len(found) if found else 0.0,
    )


class _Check:
    def __init__(
        self, excerpts: list[Excerpt], wanted: set[str], context: Context, index: WordIndex, verifier: Verifier
    ) -> None:
        self.excerpts, self.wanted, self.index, self.verifier = excerpts, wanted, index, verifier
        self.documents = context.documents

    def look_up(self, statement: Statement) -> _Found:
        """Where the words of a claim stand: in the excerpt that it names, in another one, else anywhere."""
        shown = self._in_excerpts(statement.text)
        named = statement.excerpt - 1 if statement.excerpt is not None else -1
        hint: CitedPlace | None = None
        if 0 <= named < len(self.excerpts):
            cited = self.excerpts[named]
            hint = CitedPlace(cited.document, cited.page, cited.start)
        elif shown:
            hint = CitedPlace(shown[0].document, shown[0].page, shown[0].start)
        verdict = self.verifier.verify(statement.text, hint)
        return _Found(statement, verdict, self._candidates(statement, verdict, shown))

    def _in_excerpts(self, words: str) -> list[Located]:
        """Every place in the excerpts where `words` stand, as FOLDING compares; those of the best excerpt first."""
        wanted = fold(words).text.strip()
        found: list[Located] = []
        for shown, folded in zip(self.excerpts, self._folded, strict=True):
            for match in find_whole(folded.text, wanted) if wanted else ():
                start, end = folded.original_start(match.start), folded.original_end(match.end)
                found.append(Located(shown.document, shown.page, shown.start + start, shown.start + end))
        return found

    @cached_property
    def _folded(self) -> list[Folded]:
        return [fold(self._page(Located(s.document, s.page, 0, 0))[s.start : s.end]) for s in self.excerpts]

    def answer(self, found: _Found, quotes: list[_Found]) -> list[Candidate]:
        """The places of the answer that speak for themselves, best first.

        A word or two stand in many places: where the model quotes a sentence for them, only one inside it counts.
        """
        if not found.verdict.verified:
            return []
        places = found.candidates
        if quotes and too_short(found.statement.text):
            spans = self._sentences([span for item in quotes for place in item.verdict.places for span in place])
            places = [place for place in places if any(_within(place, span) for span in spans)]
        elif too_short(found.statement.text):
            shown = [place for place in places if place.excerpt >= 0]
            telling = len(found.statement.text.split()) > 1 or any(map(str.isdigit, found.statement.text))
            alone = len(shown) == 1 and telling  # a "yes" that happens to stand somewhere tells nothing
            places = [place for place in shown if alone or place.coverage > 0]
        return places

    def quote(self, item: _Found) -> Quote:
        """The words of the pages where a claim stands, with its grade; the model's own spelling is nowhere in it."""
        spans = item.verdict.spans
        if item.verdict.verified and len(spans) == 1:
            made = make_quote(self.documents, spans[0])
            return replace(made, answer_start=None, answer_end=None, place=item.verdict.place)
        words = " ".join(self._page(span)[span.start : span.end] for span in spans)
        return Quote(
            text=words, answer_start=None, answer_end=None, grade=item.verdict.grade, place=item.verdict.place,
            cites=tuple(cite(self.documents, span) for span in spans),
            speaker=self.documents[spans[0].document].speaker_of(spans[0].page, spans[0].start),
        )  # fmt: skip

    def _candidates(self, statement: Statement, verdict: Verdict, shown: list[Located]) -> list[Candidate]:
        """A candidate for every place of a verified claim that lies on one page, best first."""
        if not verdict.verified:
            return []
        places = [*shown, *(spans[0] for spans in verdict.places if len(spans) == 1)]
        found = [self._candidate(statement, span) for span in places]
        kept = {(one.document, one.page, one.start, one.end): one for one in found if one.start < one.end}
        return sorted(kept.values(), key=lambda one: (-one.score, one.document, one.page, one.start))

    def _candidate(self, statement: Statement, span: Located) -> Candidate:
        page = self._page(span)
        start, end = trim(page, span.start, span.end)
        within = next((n for n, shown in enumerate(self.excerpts) if _touches(span, shown)), -1)
        whole = quote_span(page, start, end)
        coverage = self.index.coverage(self.wanted, set(terms(page[whole.start : whole.end])))
        named = 1.0 if statement.excerpt is not None and within == statement.excerpt - 1 else 0.0
        score = named + coverage + (0.5 - 0.5 * within / max(len(self.excerpts), 1) if within >= 0 else 0.0)
        return Candidate(within, span.document, span.page, start, end, 0.0, 1, score, coverage)

    def _sentences(self, spans: list[Located]) -> list[Located]:
        """The sentences around spans: an answer may stand in the one that is quoted in part."""
        wide = [(span, quote_span(self._page(span), span.start, span.end)) for span in spans]
        return [Located(span.document, span.page, whole.start, whole.end) for span, whole in wide]

    def _page(self, span: Located) -> str:
        return self.documents[span.document].pages[span.page - 1].text


def _touches(span: Located, shown: Excerpt) -> bool:
    same = span.document == shown.document and span.page == shown.page
    return same and span.start < shown.end and shown.start < span.end


def _within(place: Candidate, span: Located) -> bool:
    same = place.document == span.document and place.page == span.page
    return same and span.start <= place.start and place.end <= span.end


def _notes(unverified: list[_Found]) -> tuple[str, ...]:
    """Lines for `coverage.warnings`: what the model wrote that stands so in no document, with its grade."""
    lines = []
    for item in unverified[:_MOST_NOTES]:
        shown = clip(item.statement.text, _LONGEST_NOTE)
        grade = item.verdict.grade if not item.verdict.verified else "no quote found"
        lines.append(f"not verified ({grade}), the model's own words: {shown}")
    if len(unverified) > _MOST_NOTES:
        lines.append(f"and {len(unverified) - _MOST_NOTES} more statements of the model that are not verified")
    return tuple(lines)


def refuses(reply: str) -> bool:
    """Whether a reply says, as it was asked to, that the excerpts do not answer; an empty one says so too."""
    bare = _bare(next(iter(_lines(reply)), "")).rstrip(".!").casefold()
    return not bare or bare == REFUSAL.strip() or bare.startswith(f"{REFUSAL.strip()}.")


def statements_of(reply: str) -> list[Statement]:
    """Every claim of a reply in order, the first of them its answer; quotations by themselves, prose by sentences."""
    return list(dict.fromkeys(statement for line in _lines(reply) for statement in _of_line(line)))


def _lines(reply: str) -> list[str]:
    return [line.strip() for line in _FENCE.sub("", reply).splitlines() if any(map(str.isalnum, line))]


def _of_line(line: str) -> list[Statement]:
    text = _LABEL.sub("", line)
    quotations, _ = find_quotations(text)
    found: list[Statement] = []
    prose, at = [], 0
    for quotation in quotations:
        found.append(Statement(quotation.text, _number(text[quotation.end :]), True))
        prose.append(text[at : quotation.start])
        at = quotation.end
    prose.append(text[at:])
    if not quotations:
        return _prose(text)
    around = _bare(_NUMBERS.sub(" ", " ".join(prose)))
    if count_content_words(around) >= _LEAST_PROSE:
        found.append(Statement(around))
    return found


def _prose(text: str) -> list[Statement]:
    """The sentences of a line without quotations. A short line is one claim: an answer may hold full stops."""
    bare = _bare(_NUMBERS.sub(" ", text))
    spans = sentences(bare)
    if len(spans) < 2 or count_content_words(bare) < 2 * _LEAST_PROSE:
        return [Statement(bare, _number(text))] if any(map(str.isalnum, bare)) else []
    return [Statement(bare[span.start : span.end].strip(), _number(text)) for span in spans]


def _number(text: str) -> int | None:
    match = _NUMBER.search(text)
    return int(match[1]) if match else None


def _bare(text: str) -> str:
    return " ".join(text.split()).strip(_EDGES)
