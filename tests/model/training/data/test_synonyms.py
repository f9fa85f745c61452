"""Questions in other words: what is exchanged, and what never is."""

import random

import pytest

from docqa.model.training.data import synonyms
from docqa.model.training.data.synonyms import Synonyms

# Two nouns of one synset under a more general one, a noun by itself that is a verb oftener, and an irregular verb.
DATA = {
    "noun": [
        "00000100 06 n 02 ship 0 vessel 1 001 @ 00000200 n 0000 | a craft",
        "00000200 06 n 01 water_craft 0 000 | anything that floats",
        "00000300 06 n 02 pay 0 wage 0 000 | what is earned",
    ],
    "verb": ["00000400 40 v 02 pay 0 settle 0 000 01 + 08 00 | give money"],
    "adj": ["00000500 00 s 02 late 0 tardy(p) 0 000 | after the time"],
}
INDEX = {
    "noun": ["ship n 1 1 @ 1 9 00000100", "vessel n 1 1 @ 1 2 00000100", "pay n 1 0 1 3 00000300"],
    "verb": ["pay v 1 1 + 1 30 00000400"],
    "adj": ["late a 1 0 1 5 00000500"],
}


@pytest.fixture
def wordnet(tmp_path):
    licence = "  1 This line belongs to the licence.\n"
    for part in DATA:
        (tmp_path / f"data.{part}").write_text(licence + "".join(f"{line}  \n" for line in DATA[part]))
        (tmp_path / f"index.{part}").write_text(licence + "".join(f"{line}  \n" for line in INDEX[part]))
        (tmp_path / f"{part}.exc").write_text("paid pay\n" if part == "verb" else "")
    return Synonyms(tmp_path)


def test_a_word_has_synonyms_and_more_general_words(wordnet):
    assert wordnet.of("ship") == ["vessel", "water craft"]
    assert wordnet.of("ships") == ["vessels", "water crafts"]
    assert wordnet.of("late") == ["tardy"]
    assert wordnet.of("house") == []


def test_the_commoner_part_of_speech_counts_and_irregular_forms_are_known(wordnet):
    assert wordnet.of("pay") == ["settle"]
    assert wordnet.of("paid") == ["settle"]


def test_names_numbers_and_the_words_of_a_question_stay(wordnet, monkeypatch):
    monkeypatch.setattr(synonyms, "EXCHANGED", 1.0)
    asked = "When was Late Ship Ltd. paid 30 crowns for the late ship?"
    assert wordnet.reworded(asked, random.Random(3)) in (
        "When was Late Ship Ltd. settle 30 crowns for the tardy vessel?",
        "When was Late Ship Ltd. settle 30 crowns for the tardy water craft?",
    )


def test_the_same_seed_says_it_in_the_same_words(wordnet):
    asked = "Must the ship be paid late, and must the ship be paid?"
    one, other = (wordnet.reworded(asked, random.Random(5)) for _ in range(2))
    assert one == other
