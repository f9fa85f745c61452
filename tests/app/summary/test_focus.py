"""`--focus` with the bundled model: sentences about what somebody wants to know, by docqa's own
evidence.
"""

import pytest

pytestmark = pytest.mark.weights


def test_a_focus_chooses_the_sentences_about_it(docqa, printed, write_file):
    lease = write_file(
        "lease.md",
        "# Lease\n\n## Rent\n\nThe Tenant shall pay 900 dollars of rent on the first day of each month.\n\n"
        "## Repairs\n\nThe Landlord shall keep the roof of the house in repair at his own cost.\n\n"
        "## Dogs\n\nNo dogs or other animals may be kept in the house or in its garden.\n",
    )
    code, out, err = docqa("summarize", lease, "--focus", "what the landlord must do")
    assert code == 0, err
    assert "keep the roof of the house in repair" in out and "dogs" not in out.lower()
    assert "Nothing states any of: insurance of the boat against piracy" in printed(
        "summarize", lease, "--focus", "insurance of the boat against piracy"
    )
