"""Which of a text's cites belongs to which of its quotations."""

import re

from docqa.app.places.cites import PlaceCite
from docqa.ingest.language.sentences import is_ending_abbreviated

from .quotations import QuotedPassage

_STOP = re.compile(
    r"(?<![.!?…])[.!?…]++[\"”’)\]]*+(?=\s++[\"“„«‘(\[]?[A-Z§¶])|\n[^\S\n]*+(?:[-*•+]|\d{1,3}[.)]|#+|\|)\s|\|[^\S\n]*+\n"
)
_BLANK = re.compile(r"\n\s*\n")
_CITING = re.compile(
    r"(?:[A-Z§¶X][\w.&'’/-]*+|\w[\w/-]{0,80}+\.\w{2,5}+(?!\w)|see|also|id\.|ibid\.?|cf\.|at|in|the|of|and|supra|e\.g\.|on|[^\w\s]|\d++|"
    r"accord|but|quoting|citing|from|slip|ante|post|op\.|opinion|nn?\.|note|_++|\s)*+"
)


def assign_cites(
    text: str, quotations: list[QuotedPassage], cites: list[PlaceCite]
) -> tuple[list[tuple[PlaceCite, ...]], list[PlaceCite]]:
    """(the cites of each quotation, cites that belong to none), without those inside quotations."""
    free = [cite for cite in cites if not any(q.start <= cite.start < q.end for q in quotations)]
    masked = _mask_quotations_and_cites(text, quotations, free)
    own: list[list[PlaceCite]] = [[] for _ in quotations]
    alone: list[PlaceCite] = []
    for cite in free:
        at = _quotation_owning_cite(masked, text, quotations, cite)
        (alone if at is None else own[at]).append(cite)
    for number, other in _quotations_sharing_cites(masked, quotations, own):
        own[number] = list(own[other])
    return [tuple(cites_of) for cites_of in own], alone


def _mask_quotations_and_cites(
    text: str, quotations: list[QuotedPassage], cites: list[PlaceCite]
) -> str:
    """Letters alone inside quotations and cites, so that the sentences around them show."""
    characters = list(text)
    for quotation in quotations:
        characters[quotation.start + 1 : quotation.end] = "x" * (
            quotation.end - quotation.start - 1
        )
    for cite in cites:
        characters[cite.start : cite.end] = "X" * (cite.end - cite.start)
    return "".join(characters)


def _quotation_owning_cite(
    masked: str, text: str, quotations: list[QuotedPassage], cite: PlaceCite
) -> int | None:
    before = max((n for n, q in enumerate(quotations) if q.end <= cite.start), default=None)
    after = min((n for n, q in enumerate(quotations) if q.start >= cite.end), default=None)
    if before is not None and not _cite_follows_quotation(masked, text, quotations[before], cite):
        before = None
    if after is not None:  # does the sentence that has the cite lead to it?
        quotation = quotations[after]
        lead = masked[cite.end : quotation.start].rstrip("\"“„«‘' \t\n>")
        leads = quotation.block or lead.endswith(":")
        if _ends_sentence(lead.rstrip(".:, ") if leads else masked[cite.end : quotation.start + 1]):
            after = None
    if before is None or after is None:
        return after if before is None else before
    gap = masked[quotations[before].end : cite.start]
    bracketed = gap.count("(") + gap.count("[") > gap.count(")") + gap.count("]")
    # `"A" at p. 3` against `"A" and at p. 3 "B"`
    tight = (
        _CITING.fullmatch(gap)
        and "and" not in gap.split()
        and text[quotations[before].end - 1] not in ".!?"
    )
    return before if bracketed or tight else after


def _cite_follows_quotation(
    masked: str, text: str, quotation: QuotedPassage, cite: PlaceCite
) -> bool:
    """Whether `cite` follows `quotation` in its sentence, or in one that is nothing but a
    citation.
    """
    gap = masked[quotation.end : cite.start]
    if quotation.block:
        gap = gap.lstrip('"”’» \t\n>')
    if _ends_sentence(gap + masked[cite.start]):
        return False
    ended = quotation.block or text[quotation.end - 1] in ".!?"
    return not ended or _CITING.fullmatch(gap) is not None


def _ends_sentence(gap: str) -> bool:
    """Whether a sentence, an item or a paragraph ends in `gap`."""
    if _BLANK.search(gap):
        return True
    return any(
        not is_ending_abbreviated(gap[: match.end()].rstrip('"”’)]'))
        for match in _STOP.finditer(gap)
    )


def _quotations_sharing_cites(
    masked: str, quotations: list[QuotedPassage], own: list[list[PlaceCite]]
) -> list[tuple[int, int]]:
    """(quotation without a cite, neighbour whose cites it shares): `"A" and "B" (pp. 3, 4)`."""
    pairs: list[tuple[int, int]] = []
    for number in range(len(quotations) - 1, -1, -1):
        if own[number]:
            continue
        for other in (number + 1, number - 1):
            if not 0 <= other < len(quotations):
                continue
            first, second = sorted((quotations[number], quotations[other]), key=lambda q: q.start)
            behind = [cite.start > quotations[other].end for cite in own[other]]
            right_side = all(behind) if other > number else not any(behind)
            if behind and right_side and not _ends_sentence(masked[first.end : second.start + 1]):
                pairs.append((number, other))
                break
    return pairs
