"""What a follow-up question may mean: one reading where it is clear what "it" is, several where it is not, or none.

"It" is never several, and where nothing agrees it is the document itself. What is asked for by "who" may be meant as
well as what is named beside it.
"""

from __future__ import annotations

from docqa.app.reading.wording.followup import (
    Earlier,
    InDocuments,
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
from docqa.ingest.language.words import AUXILIARY, SINGULAR, word_set

_ONE = word_set("it its this that")
_WHO = word_set("they them their theirs he she him his her hers")
_KINDS = ("agreement", "lease", "contract", "policy", "act", "paper", "report")


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
    if words[first].lower() == "they" and first and not _is_several(meant):
        whole[first - 1] = SINGULAR.get(words[first - 1].lower(), words[first - 1])
    return whole


def _antecedents(words: list[str], first: int, earlier: Earlier, in_documents: InDocuments) -> list[str]:
    """What the pronoun at `first` may mean, the likeliest first."""
    pronoun, before = words[first].lower(), parts_of(earlier.question)
    found = [antecedent(earlier, in_documents, person=is_person(pronoun))]
    subject = first > 0 and words[first - 1].lower() in AUXILIARY and words[0].lower() not in ("who", "whom")
    if subject and pronoun in _WHO and before.asked[:1] and before.asked[0].lower() in ("who", "whom"):
        found = [short_answer(earlier), *found]
    one = pronoun in _ONE
    several = one and before.auxiliary.lower() in ("are", "were", "do", "have")
    fitting = [each for each in dict.fromkeys(found) if each and not (one and (several or _is_several(each)))]
    if not fitting and pronoun == "it":
        return [f"the {kind}" for kind in _KINDS if in_documents(f"this {kind}")][:1]
    return fitting


def _is_several(phrase: str) -> bool:
    """Whether the noun of `phrase`, its last word or the one before "of", looks like a plural, or there are several."""
    head = phrase.lower().partition(" of ")[0].strip(".,;:'\"")
    return head.endswith("s") and not head.endswith(("ss", "us", "is", "species", "series")) or " and " in phrase
