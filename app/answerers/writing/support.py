"""Support: how far quotes bear out a statement, by words first and then by the reader's judge."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from docqa.app.answer.grades import Support
from docqa.app.evidence.terms import terms
from docqa.app.reading.wording.language import reads_as_english

from .literal import count_names_and_figures, literal_differences

_LEAST_NAMED = 2
_LEAST_SHARE = 0.5
_LEAST_BELIEVED = 0.2
_MOST_DENIED = 0.15
"""What a statement of several parts needs, whose judge is unsure: names and figures, the share of
its words that stand in the quotes, the chance that it is supported at least partly, and at most
that of being contradicted. Chosen on claims of WiCE's training part, so that FEVER, BEGIN and
AttributionBench are judged as well as without it."""
Judge = Callable[[Sequence[str], Sequence[str]], list[Mapping[Support, float]]]
"""(statements, quotes of each) to the chance, 0 to 1, of supported, partly, contradicted and
unsupported.
"""


@dataclass(frozen=True)
class Evidence:
    """The words that are to support a statement, and what stands around them: neighbours, headings,
    the title.
    """

    quoted: str
    around: str = ""


def judge_statements(
    judge: Judge, claims: Sequence[str], evidence: Sequence[Evidence]
) -> list[Support]:
    """How far each claim is borne out by its evidence: at most in part where duties or names
    differ, not at all where a number or negation does, or a name that the judge half believes.
    Where nothing differs, one with several names and figures is supported unless the judge plainly
    says no."""
    return list(
        map(_judge_one_claim, claims, evidence, judge(claims, [item.quoted for item in evidence]))
    )


def _judge_one_claim(claim: str, evidence: Evidence, chances: Mapping[Support, float]) -> Support:
    if not reads_as_english(claim):  # neither the words nor the judge tell anything
        return Support.UNSUPPORTED
    differs = literal_differences(claim, evidence.quoted, evidence.around)
    said = max(chances, key=lambda label: chances[label])
    if differs.is_decisive or (differs.names and said is Support.PARTLY):
        return (
            Support.CONTRADICTED
            if differs.is_decisive and said is Support.CONTRADICTED
            else Support.UNSUPPORTED
        )
    if differs:
        return Support.PARTLY if said is Support.SUPPORTED else said
    # Does it say enough that could differ? The judge, trained on short statements, calls those of
    # several parts partly supported whatever they say.
    believed = chances.get(Support.SUPPORTED, 0.0) + chances.get(Support.PARTLY, 0.0)
    likely = believed > _LEAST_BELIEVED and chances.get(Support.CONTRADICTED, 0.0) < _MOST_DENIED
    wanted = (
        set(terms(claim))
        if likely and count_names_and_figures(claim) >= _LEAST_NAMED
        else set[str]()
    )
    full = len(wanted & set(terms(evidence.quoted))) >= _LEAST_SHARE * len(wanted)
    return Support.SUPPORTED if wanted and full else said
