"""Questions of two parts cut into two that stand alone: a table of named cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docqa.app.reading.wording.two_parts import parts_of

CASES = [
    # each part is whole already
    ("What is the rent, and who repairs the roof?", "What is the rent?", "Who repairs the roof?"),
    ("Is there a deposit and when is the rent due?", "Is there a deposit?", "When is the rent due?"),
    ("Which court decides? To whom is the fee paid?", "Which court decides?", "To whom is the fee paid?"),
    # the second leaves out what the first has said
    ("When does the lease end, and why?", "When does the lease end?", "Why does the lease end?"),
    ("Who signed the lease? And when?", "Who signed the lease?", "When was the lease signed?"),
    ("When was the mill sold, and to whom?", "When was the mill sold?", "To whom was the mill sold?"),
    ("Whose boats were sold, and to whom?", "Whose boats were sold?", "To whom were boats sold?"),
    ("How much did sales rise in May, and how much in June?", "How much did sales rise in May?",
     "How much did sales rise in June?"),
    ("When is the first report due, and when the second?", "When is the first report due?", "When is the second due?"),
    ("Who signed for the mill, and who for the brewery?", "Who signed for the mill?", "Who signed for the brewery?"),
    ("How many eels did the mill sell, and how many did the inn buy?", "How many eels did the mill sell?",
     "How many eels did the inn buy?"),
    # the first leaves out what the second says
    ("When and where was the lease signed?", "When was the lease signed?", "Where was the lease signed?"),
    # what a pronoun means
    ("When did Mrs. Alder start and when did her husband die?", "When did Mrs. Alder start?",
     "When did Mrs. Alder's husband die?"),
    ("What is the rent, and when is it due?", "What is the rent?", "When is the rent due?"),
    ("How must notice be given, and when is it treated as given?", "How must notice be given?",
     "When is notice treated as given?"),
    ("Which mill was sold, and who runs it?", "Which mill was sold?", "Who runs the mill?"),
    ("When did the keepers file their claim, and who sued them?", "When did the keepers file their claim?",
     "Who sued the keepers?"),
    # said for both
    ("Under the lease, who pays and when is the rent due?", "Under the lease, who pays?",
     "Under the lease, when is the rent due?"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "first", "second"), CASES)
def test_each_part_stands_alone(question, first, second):
    assert parts_of(question) == (first, second)


@pytest.mark.parametrize(
    "question",
    [
        "What is the rent?",
        "Who repairs the roof and the wheel?",
        "Does the lease say when and how to give notice?",
        "When was it signed, and who signed it, and where was it kept?",
        "",
    ],
)
def test_what_is_not_two_parts_stays_whole(question):
    assert parts_of(question) is None


WORDS = ("who", "when", "and", ",", "?", "the", "it", "her", "Alder", "signed", "was", "of", "how", "many", "in", "one")


@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_parts_are_two_questions_whatever_is_asked(words):
    parts = parts_of(" ".join(words))
    assert parts is None or all(part.endswith("?") and len(part) > 2 for part in parts)
