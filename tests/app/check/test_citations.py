"""Whose the cites of a text are: a table of named cases."""

import pytest

from docqa.app.check.citations import assign_cites
from docqa.app.check.quotations import find_quotations
from docqa.app.places.cites import find_cites

OWNERS = [
    ("in parentheses behind", 'It says "A b" (p. 1). Then "C d" (p. 2).', [["p. 1"], ["p. 2"]]),
    ("in front", 'On page 3 it says "A b" and on page 4 that "C d".', [["page 3"], ["page 4"]]),
    ("a citation sentence behind", 'It says "A b." Lease § 4, p. 3. Then more.', [["§ 4", "p. 3"]]),
    (
        "a sentence of its own is no citation",
        'It says "A b." The tenant then turns to page 9 of it.',
        [[]],
    ),
    ("shared by two", '"A b" and "C d" (pp. 7, 9).', [["pp. 7, 9"], ["pp. 7, 9"]]),
    ("before a block quote", "Section 9 says:\n\n> The keeper returns it.\n", [["Section 9"]]),
    ("behind a block quote", "> The keeper returns it.\n\nId. at 15. More.", [["at 15"]]),
    ("items of a list", '- "A b" (p. 1)\n- "C d"\n- on p. 3 nothing', [["p. 1"], []]),
    ("inside the quotation", 'It says "subject to Section 5 it ends" there.', [[]]),
    ("a slip opinion", "It held “A b.” Slip op., at 5.", [["at 5"]]),
    (
        "a slip opinion of no page yet",
        "“A b.” Tarrant, 569 U. S. ____, ____ (2013) (slip op., at 7).",
        [["at 7"]],
    ),
    (
        "the next sentence opens with a guillemet",
        'The word "flow" too. «A b c» (p. 11).',
        [[], ["p. 11"]],
    ),
    ("lines of a transcript", 'He said "A b." Smith Dep. 12:5-13:2.', [["Dep. 12:5-13:2"]]),
    ("behind an abbreviation", 'It says "A b" (see Smith v. Jones, p. 4).', [["p. 4"]]),
]


@pytest.mark.parametrize(
    ("text", "wanted"), [case[1:] for case in OWNERS], ids=[case[0] for case in OWNERS]
)
def test_the_quotation_that_a_cite_belongs_to(text, wanted):
    owned, _ = assign_cites(text, find_quotations(text)[0], find_cites(text))
    assert [[cite.text for cite in cites] for cites in owned] == wanted
