"""Small words of English by what they do: deny, except, ask, help a verb, join."""

from collections.abc import Iterable


def word_set(words: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(words.split())


def alternatives(words: Iterable[str]) -> str:
    """An expression of `words`, without a group around it."""
    return "|".join(sorted(words))


def synonyms(rows: str) -> dict[str, str]:
    """Each further word of a row -> its first; rows end with ";"."""
    found: dict[str, str] = {}
    for row in rows.split(";"):
        first, *others = row.split()
        found |= dict.fromkeys(others, first)
    return found


DENIALS = word_set("not no never none nothing neither nor cannot without")
EXCEPTIONS = word_set("except unless until only")
DUTIES = word_set("shall must agrees")
DOCUMENTS = word_set(
    "act agreement appeal article case constitution contract court decision document file judgment judgement lease "
    "letter manual opinion package paper pdf policy report statute study"
)
"""What people call a document."""
AUXILIARY = word_set(
    "is are was were am do does did has have had will would shall should can could may might must cannot"
)
QUESTION = word_set("what which who whom whose when where why how")
POINTING_BACK = word_set(
    "they them their its he she him his her that those such another others and but or nor so yet also thus then"
)
DETERMINER = word_set("a an the this that these those each every any all no some both either")
PREPOSITION = word_set(
    "in at on within near inside outside before after until during since by for to from with without under over "
    "between against about per through upon into than if of as"
)
CONJUNCTION = word_set("while when where if unless that which who because although until")
ASKING_VERB = rf"(?:(?:{alternatives(AUXILIARY)}|ought|need)(?:n['’]t)?|can['’]t|won['’]t)"
"""An expression of the verbs that open a question, denied or not."""
ASKING = rf"(?:{alternatives(QUESTION)})"


def denies(word: str) -> bool:
    """Whether a word in small letters denies: "not", "without", "isn't"."""
    return word in DENIALS or word.endswith(("n't", "n’t"))
