"""What kind of answer a question wants: a table of named cases."""

import pytest

from docqa.app.reading.candidates import Form
from docqa.app.reading.wording.forms import form_of

CASES = [
    ("May the tenant sublet?", Form.YES_NO),
    ("If the mill burns down, is rent still due?", Form.YES_NO),
    ("Under the lease, can the landlord enter at night?", Form.YES_NO),
    ("We run a mill. Do we need a licence?", Form.YES_NO),
    ("I sold my share - am I still liable?", Form.YES_NO),
    ("Isn't the deposit returned?", Form.YES_NO),
    ("Can you tell me when the term ends?", Form.FACT),
    ("Does it say who pays for the roof?", Form.FACT),
    ("Had the court fixed the sum, what would it have been?", Form.FACT),
    ("In which year was the mill built?", Form.FACT),
    ("notice period?", Form.FACT),
    ("Who must repair the roof?", Form.FACT),
    ("Which two ways of paying are allowed?", Form.LIST),
    ("List the fittings.", Form.LIST),
    ("What kinds of repair does the landlord make?", Form.LIST),
    ("Name the three drawbacks of the wheel.", Form.LIST),
    ("Who repairs the roof and the wheel?", Form.FACT),
    ("", Form.FACT),
]


@pytest.mark.parametrize(("question", "form"), CASES)
def test_the_form_of_a_question(question, form):
    assert form_of(question) == form
