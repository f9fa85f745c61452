"""The fields of a table: presets, files of one's own, and what is wrong with them."""

import json

import pytest

from docqa.app.batch.fields import Field, fields_of
from docqa.app.batch.jobs import FieldsJob, make_job
from docqa.app.errors import UsageError
from docqa.app.facts.facts import FactKind
from docqa.app.options import Options
from docqa.app.reading.candidates import ANYTHING, FRONT, AnswerRequirements

ONE = '[[field]]\nname = "end"\ntype = "date"\nquestion = "When does it end?"\n'


@pytest.mark.parametrize(
    ("preset", "some"),
    [
        ("contract", {"parties", "effective date", "end", "governing law", "liability cap"}),
        ("paper", {"title", "authors", "main result"}),
        ("opinion", {"court", "judges", "holding", "dissents"}),
        ("report", {"revenue", "net result", "auditor"}),
    ],
)
def test_a_preset_has_the_fields_of_its_kind_of_document(preset, some):
    assert some <= {field.name for field in fields_of(preset)}


def test_a_file_of_fields_is_read_in_its_order(tmp_path):
    path = tmp_path / "fields.toml"
    other = ONE.replace('"end"', '"who"').replace("date", "party")
    path.write_text(ONE + 'where = ["front", "Term"]\nagree = true\n' + other)
    end, who = fields_of(str(path))
    assert end == Field("end", "When does it end?", FactKind.DATE, (FRONT, "Term"), True)
    assert end.wanted == AnswerRequirements(FactKind.DATE, False, (FRONT, "Term"))
    assert who.wanted == AnswerRequirements(FactKind.PARTY, True)
    assert Field("Q?", "Q?").wanted == ANYTHING


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no field"),
        ("[[field]\n", "no fields can be read"),
        (ONE.replace("date", "day"), "has the type 'day'"),
        (ONE.replace("question", "asks"), "needs a name"),
        (ONE + "colour = 1\n", "has colour"),
        (ONE + "where = 3\n", "has a wrong value"),
        (ONE + 'clause = "weather"\n', "has the clause 'weather'"),
        (ONE + ONE, "two fields of one name"),
    ],
)
def test_what_is_wrong_with_a_file_of_fields_is_said(write_file, text, said):
    path = write_file("fields.toml", text)
    with pytest.raises(UsageError, match=said):
        fields_of(str(path))


def test_an_unknown_preset_names_those_there_are():
    with pytest.raises(UsageError) as raised:
        fields_of("lease")
    assert "contract, document, opinion, paper" in str(raised.value.hint)


def test_another_process_makes_the_same_job():
    job = FieldsJob(Options(), fields_of("contract"))
    made = make_job(json.loads(json.dumps(job.spec(1))))
    assert isinstance(made, FieldsJob)
    found = (made.identity(), [field.wanted for field in made.fields.values()])
    assert found == (job.identity(), [field.wanted for field in job.fields.values()])
