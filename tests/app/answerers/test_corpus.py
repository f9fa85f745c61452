"""The passages of a Corpus in the order in which they may answer."""

from dataclasses import replace

from docqa.app.answerers.corpus import Corpus


def test_contents_and_references_are_never_looked_at_before_text(document, model):
    made = document(
        "Deposit of the keeper ... 2",
        "The keeper pays ten crowns.",
        "Keeper, A. The keeper's deposit.",
    )
    kinds = ("contents", "text", "references")
    passages = tuple(
        replace(passage, kind=kind) for passage, kind in zip(made.passages, kinds, strict=True)
    )
    ranked = Corpus((replace(made, passages=passages),), model.tokenizer, []).ranked_by_words(
        "What is the keeper's deposit?"
    )
    assert ranked[0].passage_number == 1 and {item.passage_number for item in ranked} == {0, 1, 2}
