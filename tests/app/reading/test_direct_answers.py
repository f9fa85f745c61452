"""Values of clauses that are said in other words: by a reference, beside another period."""

import pytest

from docqa.app.batch.fields import fields_of
from docqa.app.options import Options
from docqa.app.session.engine import open_session

AGREEMENT = (
    "SERVICES AGREEMENT\nDate: 16 July 2012\n\n"
    "This Agreement is entered into and effective as of the date first written above by and between "
    "Pell Ltd, a company of Lower Tarn (the “Supplier”), and Ansgar plc (the “Customer”).\n\n"
    "2. Term. The term of this Agreement shall commence on 1 March 2013 and, unless it is terminated earlier as set "
    "forth in this Agreement, end on 31 December 2014.\n\n"
    "3. Renewal. At the end of the term this Agreement renews automatically for successive periods of twelve months, "
    "unless either party gives notice of at least ninety days before the end of the current period that it does not "
    "wish to renew.\n"
)


@pytest.fixture(scope="module")
def answers(document):
    """The answers to the fields of a contract, by their names."""
    with open_session([document(AGREEMENT)], Options(store=False, preview=False)) as session:
        return {
            field.name: [*session.ask(field.question, wanted=field.wanted)][-1].answer
            for field in fields_of("contract")
        }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("agreement date", "16 July 2012"),
        ("effective date", "16 July 2012"),
        ("end", "31 December 2014"),
        ("notice to end", "ninety days"),
    ],
)
def test_a_value_is_found_where_the_clause_sends_the_reader(answers, field, value):
    assert answers[field].answer == value
    assert value in answers[field].quotes[0].text
