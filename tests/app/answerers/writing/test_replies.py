"""Replies that are no answers: refusals, repetitions."""

import pytest

from docqa.app.answerers.loading import load_model
from docqa.app.answerers.writing import replies
from docqa.app.answerers.writing.excerpts import Given
from docqa.app.answerers.writing.replies import is_repeating_itself, without_repeated_ending
from docqa.app.answerers.writing.statements import starts_with_verdict
from docqa.app.options import Options
from docqa.app.quotes.verifier import Located

SENTENCES = [f"Clause {number} says that unit {number} is let." for number in range(1, 21)]
GIVEN = Given(
    "\n".join(f"[{number}] {text}" for number, text in enumerate(SENTENCES, 1)),
    tuple(Located(0, 1, number, number + 1) for number in range(20)),
    (0,),
    True,
)


def read_reply(text: str, given: Given) -> replies.ReadReply:
    """By the reader that ships."""
    return replies.read_reply(text, given, load_model(Options()).reader.is_refusal)


REFUSALS = """No\nNot stated.|No. The text does not say.|\
not stated|**Not stated.**|The document does not say.|That is not stated in the text.|Not mentioned.|\
There is no information on this in the document.|The text of the documents does not mention a phone number.|Unknown.|\
The minutes do not mention any vote on parking.|I could not find anything about this.|There is no phone number.|\
This is not addressed in the lease.|The provided passages do not contain an answer to this question.|N/A|\
The agreement is silent on that point.|No answer can be found in the given sentences.|I don't know.|\
Unfortunately, the excerpts give no details about the warranty period.|It is unclear from the text who signed it.|\
The documents do not specify the interest rate.|None of the sentences says when it was built.|\
The report does not disclose how much was spent.|I'm sorry, but the document doesn't provide that information.|\
Nothing in the contract tells who pays the movers.|Cannot be determined from the document.|\
Based on the numbered sentences, it is not possible to determine the date.|The act says nothing about drones.|\
The paper never reports the learning rate.|This information is not available.|No date is given for the election.|\
The numbered sentences do not answer the question.|There is no mention of a discount for students.|\
The question cannot be answered from the given text.|The passage doesn't tell us how old she was.|\
The name of the auditor does not appear anywhere in the document.|The study does not state any limitations."""


def test_a_refusal_is_understood_in_whatever_words():
    wordings = REFUSALS.split("|")
    understood = [read_reply(text, GIVEN).written is None for text in wordings]
    assert len(wordings) >= 30 and sum(understood) >= 0.95 * len(wordings)


@pytest.mark.parametrize(
    "text",
    [
        "The lease does not allow pets.",
        "No notice is due.",
        "No, the tenant may not sublet.",
        "Not before 1 May 2020.",
    ],
)
def test_an_answer_that_denies_something_is_no_refusal(text):
    assert read_reply(text, GIVEN).written is not None


def test_what_cites_a_sentence_is_no_refusal():
    assert (
        read_reply("The contract does not contain a cap on liability [3].", GIVEN).written
        is not None
    )


def test_a_yes_or_no_is_told_from_a_denial():
    assert (
        starts_with_verdict("Yes, it may.")[0] == "yes"
        and starts_with_verdict("**No**. It ends.")[0] == "no"
    )
    assert starts_with_verdict("No notice is due.")[0] is None


def test_a_reply_that_repeats_itself_is_cut():
    looped = "The rent is 5 dollars. " + "It is due on the first day. " * 9
    assert without_repeated_ending(looped) == "The rent is 5 dollars. It is due on the first day."
    assert replies.REPEATED in read_reply(looped, GIVEN).notes
    for broken_off in ("", "The rent is", "The rent is 5 dollars a month ["):
        rent = "The rent is 5 dollars a month [1]."
        assert without_repeated_ending(f"{rent} " * 9 + broken_off) == rent
    assert without_repeated_ending("The fee is 1,000,000,000,000 dollars.") is None


def test_a_model_that_goes_round_in_circles_is_not_waited_for():
    for piece in ("It is due on the first day. ", "\n"):
        assert any(is_repeating_itself(piece * times, piece) for times in range(1, 300))
    sentences = [f"The rent of unit {number} is {7 * number} dollars. " for number in range(40)]
    assert not any(
        is_repeating_itself("".join(sentences[: at + 1]), sentences[at]) for at in range(40)
    )


def test_a_line_that_is_said_twice_is_kept_once():
    rent = "- The rent is 5 dollars a month [{}]."
    fee = "- The fee is 2 dollars [2]."
    reply = read_reply("\n".join([rent.format(1), fee, rent.format(3)]), GIVEN)
    assert reply.written is not None and reply.notes == (replies.REPEATED,)
    assert reply.written.text == "- The rent is 5 dollars a month.\n- The fee is 2 dollars."


def test_nothing_at_all_is_said_to_be_nothing():
    assert read_reply(" \n", GIVEN) == replies.ReadReply(None, (replies.NOTHING,))


@pytest.mark.parametrize(
    "text", ["[3]", "[3] [5]", "c. [3, 5].", "- [3]\n- [5]", "The laws are [3] and [5]."]
)
def test_numbers_alone_stand_for_their_sentences(text):
    written = read_reply(text, GIVEN).written
    assert written is not None and written.statements[0].plain == SENTENCES[2]
    assert written.statements[0].numbers == [3] and len(written.statements) == (
        1 if "5" not in text else 2
    )


def test_a_number_that_answers_is_not_taken_for_a_cite():
    written = read_reply("5 [3]", GIVEN).written
    assert written is not None and written.text == "5"
