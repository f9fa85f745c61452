"""Claims for the judge of support: labels, their evidence, and what is kept for validation."""

import gzip
import json
import random

import pytest

from docqa.model.heads.reader_text import SUPPORT
from docqa.model.training.data.claims import Claims, as_question, claims_of
from docqa.model.training.data.sets import is_validation

LONG = " ".join(f"word{n}" for n in range(400))


def record(
    label: str | None, *marked: str, context: str = "Rent is due in May.", doc: str = "d", **more
):
    answers = [{"text": text, "start": context.index(text)} for text in marked]
    return {
        "doc": doc,
        "context": context,
        "qas": [
            {
                "question": "Rent is due.",
                "statement": True,
                "label": label,
                "answers": answers,
                **more,
            }
        ],
    }


@pytest.mark.parametrize(
    ("label", "right"),
    [
        ("Entailment", ("supported",)),
        ("PartlySupported", ("partly",)),
        ("Contradiction", ("contradicted",)),
        ("NotMentioned", ("unsupported",)),
        ("NotEntailment", ("partly", "contradicted", "unsupported")),
    ],
)
def test_each_label_says_what_is_right(label, right):
    (claim,) = claims_of(record(label), random.Random(0))
    assert (claim.statement, claim.evidence, claim.right) == (
        "Rent is due.",
        "Rent is due in May.",
        right,
    )


def test_of_a_long_text_the_marked_sentences_are_the_evidence():
    (claim,) = claims_of(
        record("Entailment", "word7 word8", "word300", context=LONG), random.Random(0)
    )
    assert claim.evidence == "word7 word8 word300"


@pytest.mark.parametrize(
    ("statement", "question"),
    [
        ("The rent of the hall is due in May.", "Is The rent of the hall due in May?"),
        ("Ann Lee can swim.", "Can Ann Lee swim?"),
        ("Rent rose in May.", "Is it true that Rent rose in May?"),
        ("Is a name.", "Is it true that Is a name?"),
    ],
)
def test_a_statement_is_put_as_a_question(statement, question):
    assert as_question(statement) == question


def test_sets_are_found_and_validation_documents_kept_apart(tmp_path, tokenizer):
    folder = tmp_path / "qa_more" / "train"
    folder.mkdir(parents=True)
    documents = [f"doc{n}" for n in range(60)]
    with gzip.open(folder / "claims_wice.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(record("PartlySupported", doc=doc)) + "\n" for doc in documents)
    kept = sum(map(is_validation, documents))
    assert len(Claims([tmp_path], tokenizer).by_set["claims_wice"]) == 60 - kept
    validation = Claims([tmp_path], tokenizer, validation=True)
    assert len(validation.by_set["claims_wice"]) == kept > 0
    assert len(validation.fixed(3, 0)) == 3 and validation.fixed(3, 0) == validation.fixed(3, 0)
    claim = validation.draw(random.Random(0))
    forms = [tokenizer.encode_question(text) for text in ("Rent is due.", "Is Rent due?")]
    drawn = [validation.draw(random.Random(seed)).asked for seed in range(20)]
    assert all(forms.count(each) for each in drawn) and all(drawn.count(each) for each in forms)
    assert claim.evidence == tokenizer.encode("Rent is due in May.")
    assert [SUPPORT[n] for n in claim.right] == ["partly"]
