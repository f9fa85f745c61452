"""Follow-up questions made whole, by the questions before them."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.app.reading.wording.followup import Earlier
from docqa.app.reading.wording.readings import readings

TEXT = (
    "This agreement takes effect on 1 April 2025. A licence lasts for four years. Invoices are payable within a month. "
    "The acceptance test runs for ten days. The notice of arrival shall state the draught. Pond 9 had 19 nights. "
    "The Supplier shall maintain cover. The agreement and the schedule are one. The harbour masters answer to nobody."
)


PIECES = ("and", "it", "its", "who", "'s", "in", "?", "the", "when", "her", "ed", "which", ",", "that")


def occurs(words: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", TEXT, re.IGNORECASE) is not None


@pytest.mark.parametrize(
    ("before", "question", "understood"),
    [
        # pronouns
        ("When does the agreement take effect?", "And when does it end?", "When does the agreement end?"),
        ("How long does a pilot's licence last?", "When does it cease?", "When does a pilot's licence cease?"),
        ("How many nights did Pond 9 have in 2022?", "What jammed its weir?", "What jammed Pond 9's weir?"),
        ("When are invoices payable?", "What interest do they bear?", "What interest do invoices bear?"),
        ("Who appoints harbour masters?", "Who may remove them?", "Who may remove harbour masters?"),
        ("When must notice of arrival be given?", "What must it state?", "What must notice of arrival state?"),
        ("How long does the acceptance test last?", "Who pays for that?", "Who pays for the acceptance test?"),
        # left out
        ("What is the limit in a channel marked by buoys?", "And in a lock?", "What is the limit in a lock?"),
        ("What is the limit in a channel?", "within a mile of a quay?", "What is the limit within a mile of a quay?"),
        ("How many nights did ponds have in 2021?", "And in 2023?", "How many nights did ponds have in 2023?"),
        ("What did pipe ponds lose in May?", "And closed ponds?", "What did closed ponds lose in May?"),
        ("What is the seat of the court?", "What about the rules?", "What is the rules of the court?"),
        ("When does the agreement take effect?", "How about the schedule?", "When does the schedule take effect?"),
        ("What is shown by day while it rains?", "And by night?", "What is shown by night while it rains?"),
        ("How soon must a lost anchor be reported?", "Who recovers it?", "Who recovers a lost anchor?"),
        ("How much public cover must the Supplier maintain?", "And how much indemnity cover?",
         "How much indemnity cover must the Supplier maintain?"),
        ("When does the agreement take effect?", "Why?", "Why does the agreement take effect?"),
        ("Who funded the research?", "When?", "When was the research funded?"),
    ],
)  # fmt: skip
def test_a_follow_up_becomes_a_whole_question(before, question, understood):
    assert readings(question, Earlier(before, None), occurs) == (understood,)


@pytest.mark.parametrize(
    ("before", "answer", "question", "understood"),
    [
        ("Who is the officer?", "Ms Tove Ravndal", "Where does she work?", "Where does Ms Tove Ravndal work?"),
        ("Who is the officer?", "Ms Tove Ravndal", "What is her number?", "What is Ms Tove Ravndal's number?"),
        ("Which species vanished?", "52", "Where is it common?", "Where is species common?"),
        ("Which species declined?", "The stickleback", "Why does it profit?", "Why does the stickleback profit?"),
    ],
)  # fmt: skip
def test_who_or_which_was_asked_for_is_who_is_meant(before, answer, question, understood):
    assert readings(question, Earlier(before, answer), occurs) == (understood,)


@pytest.mark.parametrize(
    ("before", "answer", "question", "understood"),
    [
        # "it" is no parties: the document may be meant, if it says what it is
        ("Who are the parties?", "Pellworth and Ansgar", "When does it end?", ("When does the agreement end?",)),
        ("Where are the ponds?", None, "Why is it closed?", ("Why is the agreement closed?",)),
        ("Who relied on the Commerce Clause?", "Ross", "Why did they lose?", ("Why did Ross lose?",)),
        # either may be meant
        ("Who pays the Supplier?", "the Customer", "When do they sign?",
         ("When does the Customer sign?", "When does the Supplier sign?")),
    ],
)  # fmt: skip
def test_only_what_may_be_meant_is_a_reading(before, answer, question, understood):
    assert readings(question, Earlier(before, answer), occurs) == understood


@pytest.mark.parametrize(
    "question",
    [
        "What is the speed limit in a channel?",  # whole
        "What must a pilot do before he goes on duty?",  # points at its own words
        "How long does it take to install a Site?",  # points at nothing
        "Is the rent that is unpaid secured?",
        "Summarise the duties of the keeper of the lighthouse",
    ],
)
def test_a_complete_question_stays_as_it_is(question):
    before = Earlier("When does the agreement take effect?", "1 April 2025")
    assert readings(question, before, occurs) == (question,)


def test_the_first_question_has_nothing_to_follow():
    assert readings(" And when does it end? ", None, occurs) == ("And when does it end?",)


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=60),
    st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join)),
)
def test_no_text_breaks_it_and_nothing_becomes_empty(before, question):
    understood = readings(question, Earlier(before, before), occurs)
    assert all(bool(each.strip()) == bool(question.strip()) for each in understood)
