"""The court, the parties and the judges, as the caption of an opinion prints them."""

import pytest

from docqa.app.answerers.corpus import Corpus
from docqa.app.reading.first_pages.caption import (
    court_of_caption,
    judges_of_caption,
    litigants_of_caption,
)

APPEAL = """Case: 19-77 Document: 12 Page: 1
United States Court of Appeals
For the Twelfth Circuit
No. 19-77
HARBOUR LIGHTS TRUST,
Plaintiff, Appellant,
v.
EDNA MOORE, in her official capacity as Keeper of the
Outer Light,
Defendant, Appellee.
APPEAL FROM THE UNITED STATES DISTRICT COURT
Before Oakes, Chief Judge, Finch and Marsh, Circuit Judges.
Finch, Circuit Judge. The lamp went out on 3 May.
"""
SLIP = """NOTE: See United States v. Lamp & Oil Co., 200 U. S. 321, 337.
SUPREME COURT OF THE UNITED STATES
Syllabus
MOORE ET AL. v. HARBOUR LIGHTS TRUST
No. 06-278. Argued March 19, 2007
CHIEF JUSTICE OAKES delivered the opinion of the Court.
"""
LETTER = """Dear Edna,
the lamp went out. We shall see Moore v. the sea, as they say, for the rest of our days in this place.
"""


@pytest.mark.parametrize(
    ("text", "court", "litigants", "judges"),
    [
        (
            APPEAL,
            ["United States Court of Appeals\nFor the Twelfth Circuit"],
            [
                "HARBOUR LIGHTS TRUST",
                "EDNA MOORE, in her official capacity as Keeper of the\nOuter Light",
            ],
            ["Oakes", "Finch", "Marsh"],
        ),
        (
            SLIP,
            ["SUPREME COURT OF THE UNITED STATES"],
            ["MOORE ET AL", "HARBOUR LIGHTS TRUST"],
            ["CHIEF JUSTICE OAKES"],
        ),
        (LETTER, [], [], []),
    ],
)
def test_a_caption_names_the_court_the_parties_and_the_judges(
    document, model, text, court, litigants, judges
):
    context = Corpus((document(text),), model.tokenizer, []).context
    found = [
        [text[each.start : each.end] for each in find(context).candidates]
        for find in (court_of_caption, litigants_of_caption, judges_of_caption)
    ]
    assert found == [court, litigants, judges]
