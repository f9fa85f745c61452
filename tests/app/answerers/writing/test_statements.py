"""What a model writes, taken apart into statements and their cites."""

import pytest

from docqa.app.answerers.writing.statements import split_into_statements


def taken(reply: str, most: int = 50) -> tuple[str, list[tuple[str, list[int], list[str]]]]:
    written = split_into_statements(reply, most)
    for item in written.statements:
        assert written.text[item.start : item.end] == item.text
    return written.text, [(s.text, s.numbers, s.quotations) for s in written.statements]


@pytest.mark.parametrize(
    ("reply", "numbers"),
    [
        ("The rent is 5 dollars [3].", [3]),
        ("The rent is 5 dollars. [3]", [3]),
        ("The rent is 5 dollars [3, 7].", [3, 7]),
        ("The rent is 5 dollars [3][7].", [3, 7]),
        ("The rent is 5 dollars [3-5].", [3, 4, 5]),
        ("The rent is 5 dollars (3).", [3]),
        ("The rent is 5 dollars [sentence 3; sentence 7].", [3, 7]),
        ("[3] The rent is 5 dollars.", [3]),
        ("The rent is 5 dollars. This is stated in [3] and [7].", [3, 7]),
        ("The rent is 5 dollars. It is clearly mentioned in sentence [3].", [3]),
    ],
)
def test_every_way_to_cite_a_sentence_is_understood(reply, numbers):
    text, [(statement, found, _)] = taken(reply)
    assert (text, statement, found) == ("The rent is 5 dollars.", "The rent is 5 dollars.", numbers)


def test_marks_before_sentences_belong_to_what_follows():
    _, found = taken("[3] The rent is 5. [4] The term is 6 years.")
    assert [found[0][:2], found[1][:2]] == [("The rent is 5.", [3]), ("The term is 6 years.", [4])]


def test_a_list_stays_a_list_and_its_items_are_statements():
    text, found = taken(
        "The supplier must [2]:\n- deliver within ten (10) days [3]\n- insure the goods [4, 5]\n"
    )
    assert text == "The supplier must:\n- deliver within ten (10) days\n- insure the goods"
    shown = [(item, numbers) for item, numbers, _ in found]
    assert shown == [("deliver within ten (10) days", [2, 3]), ("insure the goods", [4, 5])]
    assert {item.lead for item in split_into_statements(text, 50).statements} == {
        "The supplier must:"
    }


def test_years_and_numbers_in_brackets_are_no_cites():
    reply = "In [2020] UKSC 5 the court gave him two (2) weeks."
    assert taken(reply) == (reply, [(reply, [], [])])


def test_cites_of_pages_leave_the_text():
    bare = "The tenant may sublet with consent."
    assert taken("The tenant may sublet [p. 12] with consent (pages xiv-xv).")[0] == bare


def test_a_quotation_behind_a_statement_is_its_evidence():
    text, found = taken('119 dollars\n"The tenant shall pay 119 dollars." [1]')
    assert text == '119 dollars\n"The tenant shall pay 119 dollars."'
    assert found == [("119 dollars", [1], ["The tenant shall pay 119 dollars"])]


def test_quotations_in_a_list_are_statements_themselves():
    _, found = taken(
        '- "The rent is due on the first day." [1]\n- "The lease ends on 1 May 2027." [2]'
    )
    assert [numbers for _, numbers, _ in found] == [[1], [2]]


def test_a_cite_that_breaks_off_is_no_part_of_the_text():
    assert taken("The rent is 5 dollars [1, 2,")[0] == "The rent is 5 dollars"
    assert split_into_statements("[1, 2, 3", 50).statements == ()


def test_a_quotation_that_breaks_off_is_still_looked_up():
    _, [(_, _, quotations)] = taken('The lease says "the rent is 1,200 dol')
    assert quotations == ["the rent is 1,200"]


def test_headings_tables_and_courtesies_state_nothing():
    table = "| contract | cap |\n|---|---|\n| A | 5 million [1] |"
    reply = f"Sure! Here is the answer:\n\n## Liability\n{table}\n\nI hope this helps!"
    text, found = taken(reply)
    assert (
        [numbers for _, numbers, _ in found] == [[1]]
        and "5 million" in found[0][0]
        and "Liability" in text
    )
