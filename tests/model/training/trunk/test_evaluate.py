"""Figures of a trunk beside its teacher."""

import json
import lzma

import pytest

from docqa.model.training.trunk import evaluate


@pytest.fixture
def held_out(data):
    """The folder of data with prose that nobody trains on."""
    prose = (
        "The bridge was mended in spring, and the toll was paid in salt. Nobody asked why the bell rang. "
        * 20
    )
    with lzma.open(data / "text" / "dev.jsonl.xz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": prose + str(number)}) + "\n" for number in range(3))
    return data


def test_a_trunk_is_as_good_as_itself(folders, held_out, capsys):
    teacher, student, _ = folders
    for other, name in ((student, "itself"), (teacher, "a teacher")):
        evaluate.main(
            [
                "--teacher",
                str(other),
                "--student",
                str(student),
                "--data",
                str(held_out),
                "--sequences",
                "2",
                "--length",
                "64",
            ]
        )
        found = json.loads(capsys.readouterr().out)
        assert (found["perplexity_ratio"] == 1.0) is (name == "itself")
        assert found["student_copy_loss"] > 0
