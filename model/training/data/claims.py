"""Statements with the text that they were held against, for training the judge of support."""

import gzip
import json
import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from docqa.model.heads.reader_text import SUPPORT, ReaderTokenizer

SETS = {
    "claims_fever_dev": 0.40,
    "claims_begin": 0.17,
    "claims_attribution": 0.12,
    "claims_fever_symmetric": 0.08,
    "claims_sufficient": 0.10,
    "claims_wice": 0.05,
    "claims_plain_legal": 0.02,
    "contractnli": 0.06,
}
LABELS = {
    "Entailment": ("supported",),
    "PartlySupported": ("partly",),
    "Contradiction": ("contradicted",),
    "NotMentioned": ("unsupported",),
    "NotEntailment": ("partly", "contradicted", "unsupported"),
}
# tokens
EVIDENCE_WORDS = 130
LONGEST_EVIDENCE = 200
PLACES = ("", "train", "qa/train", "qa_more/train")
# share of the claims that are put as questions: what is learned of claims serves for yes or no
ASKED = 0.5
AUXILIARIES = {
    "is",
    "are",
    "was",
    "were",
    "has",
    "have",
    "had",
    "does",
    "did",
    "do",
    "can",
    "could",
    "will",
    "would",
    "may",
    "might",
    "must",
    "shall",
    "should",
}


@dataclass(frozen=True)
class TrainingClaim:
    """A statement, the text beside it, and the names in SUPPORT that are right; one of several
    where a set says no more."""

    statement: str
    evidence: str
    right: tuple[str, ...]


@dataclass(frozen=True)
class EncodedClaim:
    """A statement before its evidence, as token ids; `right` are numbers in SUPPORT."""

    asked: list[int]
    evidence: list[int]
    right: tuple[int, ...]


def claims_of(record: dict[str, Any], rng: random.Random) -> list[TrainingClaim]:
    """The claims of a line of a set, each with its marked sentences, or with the text where it is
    short.
    """
    found = []
    context = record["context"]
    for qa in record["qas"]:
        if not qa.get("statement") or qa.get("label") not in LABELS:
            continue
        marked = [a["text"] for a in qa["answers"] if a["start"] >= 0]
        if len(context.split()) <= EVIDENCE_WORDS:
            evidence = context
        elif marked:
            evidence = " ".join(marked)
        else:  # nothing is said of it anywhere: any part of the text shows so
            words = context.split()
            start = rng.randrange(max(1, len(words) - EVIDENCE_WORDS))
            evidence = " ".join(words[start : start + EVIDENCE_WORDS])
        found.append(
            TrainingClaim(unquoted(qa["question"]), " ".join(evidence.split()), LABELS[qa["label"]])
        )
    return found


def unquoted(statement: str) -> str:
    """A statement; some sets have it in quotation marks, and its own doubled, as tables write
    them.
    """
    quoted = (
        len(statement) > 1
        and statement[0] == statement[-1] == '"'
        and statement.count('"') % 2 == 0
    )
    inner = statement[1:-1]
    return inner.replace('""', '"') if quoted and '""' in inner else statement


def as_question(statement: str) -> str:
    """The statement as a question for yes or no: its first auxiliary in front, else "Is it true
    that".
    """
    words = statement.removesuffix(".").split()
    place = next((n for n, word in enumerate(words) if word in AUXILIARIES), 0)
    if 0 < place < 6:
        words = [words[place].capitalize(), *words[:place], *words[place + 1 :]]
        return " ".join(words) + "?"
    return f"Is it true that {' '.join(words)}?"


class Claims:
    """The claims of the sets that are found in the data folders; those kept for validation with
    `validation`.
    """

    def __init__(
        self, folders: list[Path], tokenizer: ReaderTokenizer, *, validation: bool = False
    ) -> None:
        from .sets import is_validation

        self.tokenizer = tokenizer
        self.by_set: dict[str, list[TrainingClaim]] = {}
        rng = random.Random(0)
        for name in SETS:
            for path in (
                folder / place / f"{name}.jsonl.gz" for folder in folders for place in PLACES
            ):
                if path.exists() and name not in self.by_set:
                    with gzip.open(path, "rt", encoding="utf-8") as lines:
                        records = [
                            r
                            for r in map(json.loads, lines)
                            if is_validation(r["doc"]) is validation
                        ]
                    self.by_set[name] = [
                        claim for record in records for claim in claims_of(record, rng)
                    ]
        self.by_set = {name: claims for name, claims in self.by_set.items() if claims}

    def draw(self, rng: random.Random) -> EncodedClaim:
        """A claim of a set by its share."""
        names = list(self.by_set)
        claim = rng.choice(self.by_set[rng.choices(names, [SETS[name] for name in names])[0]])
        if rng.random() < ASKED:
            claim = replace(claim, statement=as_question(claim.statement))
        return self.encoded(claim)

    def encoded(self, claim: TrainingClaim) -> EncodedClaim:
        """Its token ids."""
        evidence = self.tokenizer.encode(claim.evidence)[:LONGEST_EVIDENCE]
        return EncodedClaim(
            self.tokenizer.encode_question(claim.statement),
            evidence or [self.tokenizer.between],
            tuple(SUPPORT.index(name) for name in claim.right),
        )

    def fixed(self, each: int, seed: int) -> list[EncodedClaim]:
        """The same claims every time: at most `each` of every set."""
        rng = random.Random(seed)
        return [
            self.encoded(c)
            for found in self.by_set.values()
            for c in rng.sample(found, min(each, len(found)))
        ]
