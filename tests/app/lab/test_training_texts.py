"""Sets of questions with what is shown before the words of their contexts."""

from docqa.app.lab.training_texts import with_words_before

CONTEXT = (
    "Costs. \n | Year Ended May 31, | \n | 2019 | 2020\nAssets: | | \nStones | $5 | $7\n\n"
    "The Board may not suspend a member:\n(a) who is ill; or\n(b) who is away.\n"
)


def test_cells_are_named_and_items_have_their_stem():
    made = with_words_before({"context": CONTEXT, "doc": "mill"})
    named = {CONTEXT[start : start + 2]: words for start, words in made["insertions"]}
    assert named == {"St": "Assets: ", "$5": "2019: ", "$7": "2020: "}
    ((start, end, begin, until),) = made["leads"]
    assert CONTEXT[start:end].rstrip() == "The Board may not suspend a member:"
    assert CONTEXT[begin:until].split() == [
        "(a)",
        "who",
        "is",
        "ill;",
        "or",
        "(b)",
        "who",
        "is",
        "away.",
    ]
    assert made["doc"] == "mill"
