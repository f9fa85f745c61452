"""What a follow-up question may mean: one reading where it is clear what "it" is, several where it is not, or none.

A pronoun takes what agrees with it: "it" no parties, and nothing that was written loses a case. What is asked for by
"who" may be meant as well as what is named beside it, and where nothing agrees the document itself may be.
"""

from __future__ import annotations

from docqa.app.reading.wording.followup import (
    Earlier,
    InDocuments,
    Parts,
    antecedent,
    complete_by_form,
    is_person,
    parts_of,
    pronoun_in,
    question_words,
    sentence,
    short_answer,
    with_meaning,
)
from docqa.ingest.language.words import AUXILIARY, word_set

_ONE = word_set("it its this that")
_WHO = word_set("they them their theirs he she him his her hers")
_ONE_VERBS, _SEVERAL_VERBS = word_set("is was does has"), word_set("are were do have")
_SAME_NUMBER = word_set("species series means premises proceedings headquarters news physics")
# What is written does not do what a party to a case or a contract does.
_WRITTEN = word_set(
    "act agreement amendment appendix article bill book chapter clause code constitution contract deed doctrine "
    "document handbook law lease licence license note opinion order paper paragraph part policy principle "
    "provision regulation report rule schedule section statute table theorem title treaty"
)
_DONE_BY_PARTIES = word_set(
    "appeal appealed argue argued believe claim claimed complain complained disagree disagreed dissent dissented lose "
    "lost object objected plead pleaded refuse refused settle settled sue sued think vote voted want wanted win won"
)
_DONE_BY_DOCUMENTS = word_set("apply begin cease commence effect end expire force last renew renewed start terminate")
_KINDS = ("agreement", "lease", "contract", "licence", "policy", "act", "opinion", "paper", "report", "handbook")


def readings(question: str, earlier: Earlier | None, in_documents: InDocuments) -> tuple[str, ...]:
    """What `question` may ask as a complete question, the likeliest first; itself where it is complete.

    Empty where it points at something, and nothing that was spoken of can be meant.
    """
    asked = question.strip()
    words = question_words(asked)
    if earlier is None or not words or not question_words(earlier.question):
        return (asked,)
    whole = complete_by_form(asked, earlier)
    if whole is not None:
        return (sentence(whole),)
    first = pronoun_in(words)
    if first is None:
        return (asked,)
    meant = _antecedents(words, first, earlier, in_documents)
    return tuple(sentence(_agreeing(words, first, each)) for each in meant)


def _agreeing(words: list[str], first: int, meant: str) -> list[str]:
    """`words` with what is meant in the place of the pronoun at `first`, and its verb in the same number."""
    whole = with_meaning(words, first, meant)
    singular = {"do": "does", "are": "is", "were": "was", "have": "has"}
    if words[first].lower() == "they" and first and not _ends_several(meant):
        whole[first - 1] = singular.get(words[first - 1].lower(), words[first - 1])
    return whole


def _antecedents(words: list[str], first: int, earlier: Earlier, in_documents: InDocuments) -> list[str]:
    """What the pronoun at `first` may mean, the likeliest first."""
    pronoun, before = words[first].lower(), parts_of(earlier.question)
    named = antecedent(earlier, in_documents, person=is_person(pronoun))
    found = [named]
    asked_for = short_answer(earlier) if before.asked[:1] and before.asked[0].lower() in ("who", "whom") else ""
    subject = first > 0 and words[first - 1].lower() in AUXILIARY and words[0].lower() not in ("who", "whom")
    if asked_for and subject and pronoun in _WHO:
        found = [asked_for, named]
    elif asked_for and _done_by_parties(words):
        found = [named, asked_for]
    fitting = [each for each in dict.fromkeys(found) if each and _fits(pronoun, each, words, before)]
    if not fitting and pronoun == "it" and any(word.lower() in _DONE_BY_DOCUMENTS for word in words):
        return [f"the {kind}" for kind in _KINDS if in_documents(f"this {kind}")][:1]
    return fitting


def _fits(pronoun: str, phrase: str, words: list[str], before: Parts) -> bool:
    """Whether a pronoun can mean `phrase`, and what is asked of it can be asked of that."""
    if _done_by_parties(words) and _head(phrase) in _WRITTEN:
        return False
    return not (pronoun in _ONE and _is_several(phrase, before))


def _is_several(phrase: str, before: Parts) -> bool:
    """Whether a noun phrase means several: by the verb that it was asked with, else by its last letter."""
    subject = " ".join(before.rest).casefold().startswith(phrase.casefold())
    if subject and before.auxiliary.lower() in _ONE_VERBS | _SEVERAL_VERBS:
        return before.auxiliary.lower() in _SEVERAL_VERBS
    return _ends_several(phrase)


def _ends_several(phrase: str) -> bool:
    """Whether the noun of `phrase` looks like a plural, or several are listed."""
    head = _head(phrase)
    ends = head.endswith("s") and not head.endswith(("ss", "us", "is")) and head not in _SAME_NUMBER
    return ends or " and " in phrase


def _head(phrase: str) -> str:
    """The noun that a phrase is about: its last word, or the one before "of"."""
    words = phrase.lower().split()
    at = words.index("of") if "of" in words[1:] else len(words)
    return words[at - 1].strip(".,;:'\"") if words else ""


def _done_by_parties(words: list[str]) -> bool:
    return any(word.lower() in _DONE_BY_PARTIES for word in words)
