"""Who must, may or does something: what the quotes say of another is no statement of theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docqa.app.answerers.writing.contrasts.exchanged import is_role, name_at
from docqa.app.answerers.writing.contrasts.modals import ENDS, PASSED_OVER, modal_at
from docqa.app.answerers.writing.contrasts.words import Word
from docqa.ingest.language.opposites import PARTIES

_WINDOW = 10  # words behind a verb that say what is done
_LEAST_SHARED = 0.5
_GENERAL = frozenset(("company", "agent", "user", "client", "parent", "owner", "operator"))
"""Roles that any party may have beside its own."""
_ALL = frozenset(("party", "parties", "both", "each", "either", "all", "neither"))
_PARTICIPLES = {
    "paid": "pay", "given": "give", "made": "make", "borne": "bear", "sent": "send", "kept": "keep", "held": "hold",
    "sold": "sell", "bought": "buy", "taken": "take", "shown": "show", "built": "build", "brought": "bring",
    "met": "meet", "told": "tell", "written": "write", "chosen": "choose", "done": "do", "left": "leave",
    "lent": "lend",
}  # fmt: skip
_SAME = (
    *PARTIES, frozenset(("seller", "vendor", "supplier", "provider", "contractor")),
    frozenset(("plaintiff", "claimant", "appellant", "appellee")),
    frozenset(("defendant", "respondent", "appellant", "appellee")),
)  # fmt: skip


@dataclass(frozen=True)
class _Act:
    """`verb` and the stems of what it is done to; `actor` is a role ("tenant") or the stems of a name, `shown` as
    written."""

    actor: str | frozenset[str]
    shown: str
    verb: str
    objects: frozenset[str]


@dataclass(frozen=True)
class OtherActor:
    """`shown` does in a statement what the quotes say of another; not `sure` where that may be the same by a name that
    the quotes do not link with the role."""

    shown: str
    sure: bool


def other_actors(
    statement: Sequence[Sequence[Word]], quoted: Sequence[Sequence[Word]], near: Sequence[Sequence[Word]] = ()
) -> Iterator[OtherActor]:
    """Those who do in `statement` what the quotes, or sentences `near`, say that others do, and not that they do.

    Where the quotes have the verb of others only, and name nobody beside what is done, it is doubtful whose deed it is.
    """
    own = [act for sentence in quoted for act in _acts(sentence)]
    known, sentences = [*own, *(act for sentence in near for act in _acts(sentence))], [*quoted, *near]
    for sentence in statement:
        for act in _acts(sentence):
            alike = [each for each in known if _same_deed(act, each)]
            kinds = [_kinship(act.actor, each.actor, sentences) for each in alike]
            verbs = [each for each in own if each.verb == act.verb]
            if alike and True not in kinds:
                yield OtherActor(act.shown, None not in kinds)
            kinds = [_kinship(act.actor, each.actor, sentences) for each in verbs]
            if not alike and verbs and True not in kinds and not _named_beside(act, quoted):
                yield OtherActor(act.shown, sure=False)


def deeds_of(statement: Sequence[Sequence[Word]]) -> list[tuple[frozenset[str], str]]:
    """(stems of a role or name, what it does, as words to look for) for each that does something in `statement`."""
    acts = [act for sentence in statement for act in _acts(sentence)]
    return [(_stems(act.actor), " ".join([act.verb, *sorted(act.objects)])) for act in acts]


def _stems(actor: str | frozenset[str]) -> frozenset[str]:
    return frozenset((actor,)) if isinstance(actor, str) else actor


def _named_beside(act: _Act, quoted: Sequence[Sequence[Word]]) -> bool:
    """Whether a sentence of the quotes names the actor and has something of what is done."""
    stems = ({word.stem for word in sentence} | {_role(word) for word in sentence} for sentence in quoted)
    return any(_stems(act.actor) <= words and bool(act.objects & words) for words in stems)


def _same_deed(act: _Act, other: _Act) -> bool:
    if act.verb != other.verb:
        return False
    fewer = min(len(act.objects), len(other.objects))
    return not act.objects or len(act.objects & other.objects) >= max(1.0, _LEAST_SHARED * fewer)


def _kinship(
    one: str | frozenset[str], other: str | frozenset[str], quoted: Sequence[Sequence[Word]]
) -> bool | None:
    """Whether two actors are the same; None where nothing says so."""
    if isinstance(one, str) and isinstance(other, str):
        return one == other or any({one, other} <= each for each in _SAME) or bool({one, other} & (_GENERAL | _ALL))
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        return bool(one & other)
    name, role = (one, other) if isinstance(one, frozenset) else (other, one)
    assert isinstance(name, frozenset) and isinstance(role, str)
    if role in _ALL:
        return True
    links = {link for sentence in quoted if (link := _linked(name, sentence))}
    return role in links if links else None


def _linked(name: frozenset[str], sentence: Sequence[Word]) -> str:
    """The role that a sentence gives to a name: the first one behind it ('Ansgar plc (the "Customer")')."""
    at = max((number for number, word in enumerate(sentence) if word.capital and word.stem in name), default=-1)
    if at < 0 or not name <= {word.stem for word in sentence}:
        return ""
    return next((_role(word) for word in sentence[at + 1 :] if is_role(word) and _role(word) not in _GENERAL), "")


def _acts(sentence: Sequence[Word]) -> Iterator[_Act]:
    """What a sentence says that somebody must, may or will do, or does."""
    starts = [found for at in range(len(sentence)) if (found := _start(sentence, at))]
    for number, (before, behind) in enumerate(starts):
        end = starts[number + 1][0] if number + 1 < len(starts) else len(sentence)
        told = [word for word in sentence[behind:end] if word.text not in PASSED_OVER]
        passive = any(word.text in ("be", "been") for word in sentence[behind : behind + 3])
        verb = next((word for word in told if word.tells), None)
        if verb is None or verb.text in ENDS:
            continue
        if passive:
            actor, shown = _behind_by(sentence, behind, min(end, behind + _WINDOW))
        else:
            actor, shown = _before(sentence, before)
        if actor:
            window = [word for word in told[told.index(verb) + 1 :][:_WINDOW] if word.tells]
            objects = {word.stem for word in window}
            if passive:
                objects |= {word.stem for word in sentence[max(before - _WINDOW, 0) : before] if word.tells}
                objects -= {actor} if isinstance(actor, str) else actor
            yield _Act(actor, shown, _PARTICIPLES.get(verb.text, verb.stem), frozenset(objects))


def _start(sentence: Sequence[Word], at: int) -> tuple[int, int] | None:
    """(where an actor ends, where the verb may begin) of what is done at word `at`, None for another word."""
    kind, behind = modal_at(sentence, at)
    if kind:
        return at, behind
    word = sentence[at]
    does = word.tells and not word.capital and word.text.endswith("s") and not word.text.endswith("ss")
    return (at, at) if at and does and is_role(sentence[at - 1]) else None


def _before(sentence: Sequence[Word], at: int) -> tuple[str | frozenset[str], str]:
    """The role or name that ends before word `at`, and how it is written; "" twice for none."""
    while at and (sentence[at - 1].text in PASSED_OVER or sentence[at - 1].text.endswith("ly")):
        at -= 1
    if not at:
        return "", ""
    last = sentence[at - 1]
    if last.text in _ALL or any(word.text in _ALL for word in sentence[max(at - 4, 0) : at]):
        return "party", last.text
    if is_role(last):
        return _role(last), last.text
    if not name_at(sentence, at - 1):
        return "", ""
    first = at - 1
    while first and sentence[first - 1].capital and sentence[first - 1].tells:
        first -= 1
    return frozenset(word.stem for word in sentence[first:at]), " ".join(word.text for word in sentence[first:at])


def _behind_by(sentence: Sequence[Word], first: int, end: int) -> tuple[str | frozenset[str], str]:
    """The role or name behind "by"."""
    for at in range(first, end):
        if sentence[at].text != "by":
            continue
        stop = at + 1
        while stop < len(sentence) and stop - at < 6:
            stop += 1
            if is_role(sentence[stop - 1]) or name_at(sentence, stop - 1):
                return _before(sentence, stop)
    return "", ""


def _role(word: Word) -> str:
    return word.text.removesuffix("s")
