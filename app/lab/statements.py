"""Fit how the signals are weighed that say whether a written statement answers, on replies marked
right or wrong.

    python -m docqa.app.lab.statements --replies FILE.jsonl --folder FOLDER [--model NAME] [--free
    NAME,NAME]

A line of `--replies` is {"file", "question", "reply", "right"}; files stand in `--folder`. They are
judged as docqa does with `--model` (of a server the weights are others than of a small model here);
the largest sum over the sentences that may say a statement counts. The `--free` weights and the
bias are fitted, a ridge pulling to what ships. Prints JSON: the same left out document by document
for what ships and what is fitted, and the weights.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from docqa.app import Options, open_session
from docqa.app.answer.confidence import (
    SMALL_STATEMENT_BIAS,
    SMALL_STATEMENT_CHANCE,
    SMALL_STATEMENT_WEIGHTS,
    STATEMENT_BIAS,
    STATEMENT_CHANCE,
    STATEMENT_WEIGHTS,
)
from docqa.app.answerers.answerer import Reply
from docqa.app.answerers.written import AskedToWrite

# of choosing the sentence that counts, and of Newton's method for it
_ROUNDS = 12
_STEPS = 8
_SURE = 0.8


@dataclass(frozen=True)
class MarkedReply:
    """`rows`: the signals of each sentence that may say it, [sentences, weights and 1 for the
    bias].
    """

    file: str
    right: bool
    rows: np.ndarray


def signals_of(options: argparse.Namespace, names: Sequence[str]) -> list[MarkedReply]:
    """The replies that state something which sentences may say."""
    lines = map(json.loads, options.replies.read_text(encoding="utf-8").splitlines())
    found: list[MarkedReply] = []
    asked = Options(
        model=options.model, base_url=options.base_url, preview=False, source="passages"
    )
    for file, replies in groupby(
        sorted(lines, key=lambda line: str(line["file"])), lambda line: str(line["file"])
    ):
        with open_session([str(options.folder / file)], asked) as session:
            assert session.writing is not None, "--model names no model that writes"
            writing = session.writing
            list(writing.evidence.own.reading.prefill_documents())
            for line in replies:
                judged = writing.evidence.evidence_for_question(line["question"])
                written = AskedToWrite(line["question"], False, judged, judged.ranked, False, 0.0)
                checked, _ = writing._check_and_mend_reply(
                    written, writing._choose_given_text(written), Reply(line["reply"])
                )
                signals = (
                    [each for item in checked.statements for each in item.signals]
                    if checked is not None
                    else []
                )
                if signals:
                    rows = np.array([[*(each[name] for name in names), 1.0] for each in signals])
                    found.append(MarkedReply(file, bool(line["right"]), rows))
    return found


def chance(reply: MarkedReply, weights: np.ndarray) -> float:
    """That a reply answers, 0 to 1."""
    return float(1 / (1 + np.exp(-(reply.rows @ weights).max())))


def fit(
    replies: Sequence[MarkedReply], start: np.ndarray, free: Sequence[int], ridge: float
) -> np.ndarray:
    """`start` with its weights `free` fitted by a logistic regression with a ridge to `start`, the
    bias without one.
    """
    weights = start.copy()
    right = np.array([reply.right for reply in replies], float)
    pull = np.diag([*np.full(len(start) - 1, ridge), 1e-4])
    for _ in range(_ROUNDS):
        best = np.array([reply.rows[np.argmax(reply.rows @ weights)] for reply in replies])
        for _ in range(_STEPS):
            said = 1 / (1 + np.exp(-(best @ weights)))
            slope = best.T @ (said - right) / len(right) + pull @ (weights - start)
            curve = (best * (said * (1 - said))[:, None]).T @ best / len(right) + pull
            weights[free] -= 0.7 * np.linalg.solve(curve[np.ix_(free, free)], slope[free])
    return weights


def figures(right: Sequence[bool], chances: Sequence[float], least: float) -> dict[str, float]:
    """Shares of right and of wrong replies that are stated (from `least` on), and of the sure ones
    that are right.
    """
    truth = np.array(right)
    values = np.array(chances)
    stated = values >= least
    sure = values >= _SURE
    above = values[truth][:, None] - values[~truth]
    return {
        "replies": len(truth),
        "right_stated": round(float(stated[truth].mean()), 3),
        "wrong_stated": round(float(stated[~truth].mean()), 3),
        "sure": int(sure.sum()),
        "sure_right": round(float(truth[sure].mean()), 3),
        "area_under_curve": round(float(((above > 0) + (above == 0) / 2).mean()), 3),
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description="Fit how the signals of a written statement are weighed."
    )
    parser.add_argument("--replies", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument(
        "--model", default="openai:writer", help="a model's file, or a server's; not asked"
    )
    parser.add_argument("--base-url", default="http://127.0.0.1:9/v1")
    parser.add_argument(
        "--free", default="share,passage_answers", help="weights that are fitted beside the bias"
    )
    parser.add_argument("--ridge", type=float, default=0.01)
    options = parser.parse_args(arguments)
    names = list(STATEMENT_WEIGHTS)
    small = ":" not in options.model
    start = np.array(
        [
            *(SMALL_STATEMENT_WEIGHTS if small else STATEMENT_WEIGHTS).values(),
            SMALL_STATEMENT_BIAS if small else STATEMENT_BIAS,
        ]
    )
    replies = signals_of(options, names)
    free = [*(names.index(name) for name in options.free.split(",")), len(names)]
    left_out = list[float]()
    for reply in replies:
        others = [each for each in replies if each.file != reply.file]
        left_out.append(chance(reply, fit(others, start, free, options.ridge)))
    right = [reply.right for reply in replies]
    least = SMALL_STATEMENT_CHANCE if small else STATEMENT_CHANCE
    print(json.dumps({"ships": figures(right, [chance(reply, start) for reply in replies], least)}))
    print(json.dumps({"left_out_by_document": figures(right, left_out, least)}))
    fitted = fit(replies, start, free, options.ridge)
    print(json.dumps(dict(zip([*names, "bias"], fitted.round(2).tolist(), strict=True))))


if __name__ == "__main__":
    main()
