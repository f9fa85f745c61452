"""The answers to two parts become one, which is as sure as the weaker of them."""

from docqa.app.answer.confidence import BY_STRUCTURE
from docqa.app.evidence.ranking import RankedPassage
from docqa.app.reading.candidates import AnswerForm, Candidate, CandidateSet
from docqa.app.reading.joined_parts import join_answers_of_question_parts

QUESTIONS = ("Who pays?", "When?")


def candidate(start: int, score: float = 0.0) -> Candidate:
    return Candidate(0, 0, 1, start, start + 5, score, score)


def read(*candidates: Candidate, margin: float = 1.0, elsewhere: float = 0.0) -> CandidateSet:
    signals = {"margin": margin, "answers_elsewhere": elsewhere}
    return CandidateSet(candidates, 10, signals=signals)


def ranked(*indexes: int) -> list[RankedPassage]:
    return [RankedPassage(index, -float(place), 0.0) for place, index in enumerate(indexes)]


def test_items_stand_in_the_order_of_the_question_not_of_the_text():
    order, found = join_answers_of_question_parts(
        [(ranked(2, 0, 1), read(candidate(90))), (ranked(1, 2, 0), read(candidate(10)))], QUESTIONS
    )
    assert found is not None
    assert (found.form, [item.start for item in found.items]) == (AnswerForm.TWO_PARTS, [90, 10])
    assert found.prompt_tokens == 20
    assert [item.passage_number for item in order] == [2, 1, 0]


def test_the_whole_is_as_sure_as_its_weaker_part():
    parts = [
        read(candidate(0), margin=5.0, elsewhere=-3.0),
        read(candidate(50), margin=-4.0, elsewhere=-1.0),
    ]
    for order in (parts, parts[::-1]):
        _, found = join_answers_of_question_parts([([], part) for part in order], QUESTIONS)
        assert found is not None and found.signals == {"margin": -4.0, "answers_elsewhere": -1.0}


def test_a_part_without_an_answer_does_not_hide_the_other():
    for missing in (None, read()):
        _, found = join_answers_of_question_parts(
            [(ranked(0), read(candidate(0))), (ranked(0), missing)], QUESTIONS
        )
        assert found is not None
        assert [[each.start for each in part.candidates] for part in found.parts] == [[0], []]
    assert join_answers_of_question_parts([([], None), ([], None)], QUESTIONS) == ([], None)


def test_the_same_words_do_not_answer_both_parts():
    _, found = join_answers_of_question_parts(
        [([], read(candidate(0))), ([], read(candidate(2), candidate(40, -1.0)))], QUESTIONS
    )
    assert found is not None and [item.start for item in found.items] == [0, 40]


def test_a_part_that_the_structure_answers_makes_the_other_no_less_sure():
    certain = CandidateSet((candidate(0),), 0, signals={BY_STRUCTURE: 1.0})
    _, found = join_answers_of_question_parts(
        [([], certain), ([], read(candidate(50), margin=-4.0))], QUESTIONS
    )
    assert (
        found is not None and found.signals["margin"] == -4.0 and BY_STRUCTURE not in found.signals
    )
    _, found = join_answers_of_question_parts([([], certain), ([], certain)], QUESTIONS)
    assert found is not None and found.signals == {BY_STRUCTURE: 1.0}


def test_a_part_that_is_a_list_has_all_its_items():
    listed = CandidateSet(
        (candidate(0),),
        0,
        AnswerForm.LIST,
        items=(candidate(0), candidate(7)),
        signals={"margin": 1.0},
    )
    _, found = join_answers_of_question_parts([([], listed), ([], read(candidate(50)))], QUESTIONS)
    assert found is not None and [item.start for item in found.items] == [0, 7, 50]
