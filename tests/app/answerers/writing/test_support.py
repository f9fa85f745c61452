"""What becomes of a statement that its judge is unsure of."""

from collections.abc import Mapping, Sequence

import pytest

from docqa.app.answer.grades import Support
from docqa.app.answerers.writing.support import Evidence, judge_statements

FOUNDED = "Anna Berg founded it in Lyon in 1998 and showed 40 paintings."
QUOTED = "The Galerie in Lyon opened on 3 May 1998. Its founder, Anna Berg, showed 40 paintings by local artists."


def judged(statement: str, **chances: float) -> Support:
    def judge(statements: Sequence[str], quotes: Sequence[str]) -> list[Mapping[Support, float]]:
        return [{Support(label): chance for label, chance in chances.items()} for _ in statements]

    return judge_statements(judge, [statement], [Evidence(QUOTED)])[0]


@pytest.mark.parametrize(
    ("statement", "chances", "support"),
    [
        (FOUNDED, {"partly": 0.7, "supported": 0.1}, "supported"),
        (FOUNDED, {"unsupported": 0.9, "partly": 0.1}, "unsupported"),
        (FOUNDED.replace("1998", "1999"), {"partly": 0.7, "supported": 0.1}, "unsupported"),
        (
            "In Lyon, Anna Berg later became a celebrated critic of modern sculpture.",
            {"partly": 0.7},
            "partly",
        ),
        (
            "It was a great success with everybody who came.",
            {"partly": 0.7, "supported": 0.1},
            "partly",
        ),
    ],
)
def test_a_statement_of_several_parts_is_supported_where_nothing_is_missing(
    statement, chances, support
):
    assert judged(statement, **chances) is Support(support)
