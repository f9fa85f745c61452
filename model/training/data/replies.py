"""Questions with replies that answer them, do not, or say that it is not stated, for training the
judge of replies.

Replies that answer are the words of the document or those words in a plain sentence. Those that do
not are sentences of the same text that answer another question, best the question that is most like
this one; short words only where they are of another type, since nobody can tell by the reply alone
that another date is not the right one.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from docqa.model.heads.reader_text import ReaderTokenizer

from .sequences import SequenceQuestion, SourceText, read_set
from .sets import QuestionSets

ANSWER_TYPES = (
    "name",
    "date",
    "period",
    "amount",
    "number",
    "text",
)  # of the words that a question asks for
REPLIES = ("answers", "does not", "not stated")  # what a given reply does with a question
# shares of replies that answer, and that do not; the rest says that it is not stated
ANSWERS = 0.42
OTHER = 0.40
WHOLE_SENTENCE = 0.6  # of the replies that answer
SETS = {
    "natural": 0.6,
    "squad2_train": 0.2,
    "fairytaleqa": 0.06,
    "tatqa": 0.04,
    "condaqa": 0.05,
    "tydiqa_en": 0.05,
}
LONGEST_REPLY = 120  # tokens
SHORT = 8  # words
WORD = re.compile(r"\w+")
MONTHS = r"january|february|march|april|may|june|july|august|september|october|november|december"
TYPE_PATTERNS = (
    (
        "period",
        r"\b(?:\d+|one|two|three|four|five|six|seven|ten|twelve|thirty|sixty|ninety)\W+(?:\w+\W+){0,2}"
        r"(?:second|minute|hour|day|week|month|year|decade)s?\b",
    ),
    ("date", rf"\b(?:{MONTHS})\b|\b(?:1[5-9]|20)\d\d\b|\b\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{2,4}}\b"),
    (
        "amount",
        r"[$€£¥]\s?\d|\b(?:dollars?|euros?|pounds?|crowns?|USD|EUR|GBP)\b|\b\d[\d,.]*\s?(?:million|billion)\b",
    ),
    (
        "number",
        r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|"
        r"hundred|thousand|half|twice|percent)\b",
    ),
)
PLAIN = (
    "{0}.",
    "It is {0}.",
    "The answer is {0}.",
    "According to the document, {0}.",
    "The document says: {0}.",
    "{0}, as the text states.",
    "The text says that it is {0}.",
    "As stated in the document, {0}.",
)
NOT_STATED = (
    "The document does not say.",
    "This is not stated.",
    "Not stated.",
    "not stated in the document",
    "The text does not mention {0}.",
    "The text of the documents does not say {0}.",
    "There is no {0}.",
    "No {0} is given.",
    "The document gives no information about {0}.",
    "Nothing is said about {0}.",
    "I could not find {0} in the document.",
    "The provided passages do not contain {0}.",
    "The minutes do not mention {0}.",
    "The agreement is silent on {0}.",
    "It cannot be determined from the text.",
    "The excerpts do not specify {0}.",
    "The passage does not tell {0}.",
    "Sadly, the document does not state {0}.",
    "There is no information on {0} in this document.",
    "This question cannot be answered from the given text.",
    "The paper does not report {0}.",
    "{0} is not mentioned.",
    "{0} is not specified anywhere in the text.",
    "No mention is made of {0}.",
    "The contract contains no provision about {0}.",
    "The authors do not discuss {0}.",
    "It is not clear from the document.",
    "The statute does not address {0}.",
    "That information is not provided.",
    "Based on the text, it is unknown.",
    "The opinion does not say {0}.",
    "I don't know; the text doesn't say.",
    "The source leaves {0} open.",
    "There's no answer to this in the document.",
    "N/A",
    "The report does not include {0}.",
    "None of the passages states {0}.",
    "The given context does not answer this.",
)
QUESTION_START = re.compile(
    r"^(?:(?:at|by|for|from|in|of|on|to|under|with) )?(?:what|which|who|whom|whose|when|where|why|how(?: (?:many|much"
    r"|long|often|far))?|is|are|was|were|does|do|did|may|can|could|must|will|would|should|has|have|had)\b\s*",
    re.I,
)


def answer_type(text: str) -> str:
    """The name in ANSWER_TYPES of the words of an answer."""
    if len(text.split()) > SHORT:
        return "text"
    for name, expression in TYPE_PATTERNS:
        if re.search(expression, text, re.I):
            return name
    return "name" if text[:1].isupper() and not text.rstrip().endswith(".") else "text"


@dataclass(frozen=True)
class EncodedReply:
    """A question before a reply to it, as token ids; `right` is a number in REPLIES."""

    asked: list[int]
    reply: list[int]
    right: int


class Replies:
    """Questions of the training sets with replies; those kept for validation with `validation`."""

    def __init__(
        self, sets: QuestionSets, tokenizer: ReaderTokenizer, *, validation: bool = False
    ) -> None:
        self.tokenizer = tokenizer
        self.by_set: dict[str, list[SourceText]] = {}
        for name in SETS:
            if name in sets.paths:
                found = [
                    s for s in read_set(sets, name, validation=validation) if len(s.questions) > 2
                ]
                self.by_set |= {name: found} if found else {}

    def draw(self, rng: random.Random) -> EncodedReply:
        """A question of a set by its share, with a reply."""
        while True:
            names = list(self.by_set)
            source = rng.choice(self.by_set[rng.choices(names, [SETS[name] for name in names])[0]])
            question = rng.choice(source.questions)
            chance = rng.random()
            if chance < ANSWERS:
                kind = "answers"
                said = _answering(source, question, rng)
            elif chance < ANSWERS + OTHER:
                kind = "does not"
                said = _of_another(source, question, rng)
            else:
                kind = "not stated"
                said = _not_stated(question.text, rng)
            if said:
                asked = self.tokenizer.encode_question(question.text)
                return EncodedReply(
                    asked, self.tokenizer.encode(said)[:LONGEST_REPLY], REPLIES.index(kind)
                )

    def fixed(self, number: int, seed: int) -> Iterator[EncodedReply]:
        """The same every time."""
        rng = random.Random(seed)
        yield from (self.draw(rng) for _ in range(number if self.by_set else 0))


def _sentences(source: SourceText, question: SequenceQuestion) -> list[str]:
    """The whole sentences or lines that hold the answer of a question, in order."""
    found: list[str] = []
    for start, end in sorted(question.spans):
        begin = max(
            source.text.rfind("\n", 0, start),
            *(source.text.rfind(m, 0, start) for m in (". ", "? ", "! ")),
        )
        ends = [
            at
            for at in (source.text.find(mark, end - 1) for mark in (". ", ".\n", "\n", "? "))
            if at >= 0
        ]
        sentence = " ".join(
            source.text[begin + 1 : min(ends, default=len(source.text)) + 1].split()
        )
        if sentence and sentence not in found:
            found.append(sentence)
    return found


def _words_of(source: SourceText, question: SequenceQuestion) -> str:
    spans = sorted(question.spans) if question.several else sorted(question.spans)[:1]
    return "; ".join(" ".join(source.text[start:end].split()) for start, end in spans)


def _answering(source: SourceText, question: SequenceQuestion, rng: random.Random) -> str | None:
    if not question.spans:
        return None
    if rng.random() < WHOLE_SENTENCE:
        said = " ".join(_sentences(source, question))
    else:
        said = _words_of(source, question)
        said = rng.choice(PLAIN).format(said.rstrip(".")) if rng.random() < 0.6 else said
    if question.verdict and rng.random() < 0.6:
        said = f"{question.verdict.capitalize()}{rng.choice((', ', ': ', '. '))}{said}"
    return said


def _of_another(source: SourceText, question: SequenceQuestion, rng: random.Random) -> str | None:
    """What answers another question of the same text, the more like this one the likelier."""
    own = set(_sentences(source, question))
    asked = set(WORD.findall(question.text.lower()))
    others = [other for other in source.questions if other.spans and other is not question]
    rng.shuffle(others)
    if rng.random() < 0.6:
        others.sort(key=lambda other: -len(asked & set(WORD.findall(other.text.lower()))))
    wanted = answer_type(_words_of(source, question)) if question.spans else "text"
    for other in others:
        said = _words_of(source, other)
        if rng.random() < 0.25 and len(said.split()) <= SHORT:
            if "text" not in (wanted, answer_type(said)) and answer_type(said) != wanted:
                return rng.choice(PLAIN).format(said) if rng.random() < 0.5 else said
            continue
        sentences = _sentences(source, other)
        if sentences and not own & set(sentences):
            said = " ".join(sentences)
            return (
                f"{rng.choice(('Yes', 'No'))}, {said}"
                if question.verdict and rng.random() < 0.5
                else said
            )
    return None


def _not_stated(question: str, rng: random.Random) -> str:
    topic = QUESTION_START.sub("", question.strip().rstrip("?"))
    if rng.random() < 0.4:
        topic = " ".join(topic.split()[-rng.randint(2, 6) :])
    elif rng.random() < 0.3:
        topic = f"{question.strip().rstrip('?')}"
        topic = topic[0].lower() + topic[1:]
    said = rng.choice(NOT_STATED).format(topic or "this")
    return said[0].upper() + said[1:] if rng.random() < 0.95 else said


def type_number(text: str) -> int:
    """The number in ANSWER_TYPES of the words of an answer."""
    return ANSWER_TYPES.index(answer_type(text))
