import pytest

from docqa.app.reading.wording.verdicts import features, verdict_odds, weights

NO = [
    ("May tenants keep dogs?", "Tenants shall not keep dogs"),
    ("Can the agreement be assigned freely?", "No assignment is valid without the consent of the other party"),
    ("Must members pay by card?", "Members may pay by card, by cheque or in cash; a card is optional"),
    ("Did sales grow in the third quarter?", "sales decreased by 4 % in the third quarter"),
    ("Is the licence exclusive?", "The licence is nonexclusive"),
    ("Does the court accept the argument?", "The argument was rejected"),
    ("Is any visitor allowed in the archive?", "Visitors are not allowed in the archive"),
]
YES = [
    ("May tenants keep dogs?", "Tenants may keep dogs and cats"),
    ("Is tipping forbidden?", "No gratuities may be accepted"),
    ("Is smoking prohibited in the hall?", "Visitors may not smoke in the hall"),
    ("Did they not agree on a price?", "they did not agree on a price"),
    ("Must the seller give notice?", "The seller shall give notice in writing"),
    ("Can the claim still be brought?", "Nothing in this section prevents a party from bringing the claim"),
    ("Can the deposit also be paid in cash?", "The deposit may be paid by transfer, including in cash"),
]


@pytest.mark.parametrize(("question", "clause"), NO)
def test_what_the_clause_denies_limits_or_turns_round_is_answered_no(question, clause):
    assert verdict_odds(question, clause) < 0


@pytest.mark.parametrize(("question", "clause"), YES)
def test_what_the_clause_grants_or_denies_as_asked_is_answered_yes(question, clause):
    assert verdict_odds(question, clause) > 0


def test_every_weight_is_of_a_feature_that_exists():
    assert set(weights()) <= {"bias", *features("Can it rain?", "It rains.")}


def test_no_words_at_all_are_answered_without_an_error():
    assert verdict_odds("", "") == verdict_odds("?", " ")
