"""Citation recall and precision as ALCE defines them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from docqa.app.lab.citations import citation_rates, scored


def supported_by(*sets: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """A judge for which cites bear the statement out that have all letters of one of `sets`."""

    def supports(asked: Sequence[Sequence[str]]) -> list[bool]:
        return [any(set(each) <= set("".join(cites)) for each in sets) for cites in asked]

    return supports


@pytest.mark.parametrize(
    ("cites", "sets", "recall", "precise"),
    [
        ([], ("a",), False, []),
        (["a"], ("a",), True, [True]),
        (["a", "b"], ("a",), True, [True, False]),  # the second is not needed
        (["a", "b"], ("ab",), True, [True, True]),  # neither does it alone
        (["a", "b"], ("a", "b"), True, [True, True]),  # each does it alone
        (["a", "b"], ("c",), False, [False, False]),
        (["a", "b", "c"], ("ab",), True, [True, True, False]),
    ],
)
def test_a_cite_is_precise_where_it_is_needed_or_suffices(
    cites: list[str], sets: tuple[str, ...], recall: bool, precise: list[bool]
) -> None:
    assert scored("s", cites, supported_by(*sets)) == (recall, precise)


def statement(recall: bool, precise: list[bool], support: str = "supported") -> dict[str, object]:
    return {
        "support": support, "recall": recall, "precise": precise, "own_recall": False, "own_precise": [],
        "verified_but_differs": False,
    }  # fmt: skip


def test_rates_are_means_over_answers_that_state_something() -> None:
    good, bad = statement(True, [True, False]), statement(False, [False], "unsupported")
    records = [
        {"repaired": True, "before": [good, bad], "after": [good]},
        {"repaired": False, "before": [good], "after": [good]},
        {"repaired": False, "before": [], "after": []},
    ]
    rates = citation_rates(records)
    assert (rates["questions"], rates["repaired"]) == (3, 1)
    before, after = rates["before"], rates["after"]
    assert isinstance(before, dict) and isinstance(after, dict)
    assert (before["answers"], before["statements"], before["recall"]) == (2, 3, 0.75)
    assert before["precision"] == pytest.approx((1 / 3 + 1 / 2) / 2, abs=1e-3)
    assert (after["recall"], after["precision"], after["supported"]) == (1.0, 0.5, 1.0)
