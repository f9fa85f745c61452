"""No regular expression may take more than linear time, whatever the text.

Each is tried on short texts that repeat its own parts, and on longer ones where it takes long: four
times the length takes a linear one four times as long, a quadratic one sixteen. Processor time
counts, the shortest of several trials.
"""

import importlib.util
import re
import signal
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LENGTHS = (512, 2_048, 8_192)
SUSPICIOUS_S = 0.0004
LONGER = LENGTHS[2] // LENGTHS[1]
MOST_S = 2.0
MOST_PARTS = 40
ROUNDS = 3


def _load() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(
        "expressions", Path(__file__).with_name("expressions.py")
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


expressions = _load()


class _TookTooLong(Exception):
    """An expression used more processor time than any linear one does."""


@contextmanager
def _bounded() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise _TookTooLong

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _seconds(expression: object, text: object) -> float:
    try:
        with _bounded():
            return min(expressions.seconds(expression, text) for _ in range(3))
    except _TookTooLong:
        return float("inf")


def _explodes(expression: object, text: object, longer: object) -> bool:
    """Whether it takes too long in every round: a busy machine may slow down one, an expression that
    is not linear is slow in all.
    """
    return all(_grows_too_fast(expression, text, longer) for _ in range(ROUNDS))


def _grows_too_fast(expression: object, text: object, longer: object) -> bool:
    short = _seconds(expression, text)
    return short == float("inf") or _seconds(expression, longer) > 2 * LONGER * max(short, 2e-4)


def _exploding(package: str, most: int | None = None) -> list[str]:
    """The expressions over linear time, each with the beginning of a text that shows it; `most`:
    repeated parts.
    """
    found = []
    for expression in expressions.expressions(ROOT / package, f"docqa.{package}"):
        for brief, text, longer in expressions.worst_inputs(expression.pattern, LENGTHS, most):
            try:
                with _bounded():
                    suspicious = expressions.seconds(expression, brief) > SUSPICIOUS_S
            except _TookTooLong:
                suspicious = True
            if suspicious and _explodes(expression, text, longer):
                found.append(f"{expression.name} on {text[:80]!r}")
                break
    return found


@pytest.mark.timeout(900)
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer of processor time")
@pytest.mark.parametrize("package", ["ingest", "app", "model"])
def test_no_expression_takes_more_than_linear_time(package):
    assert _exploding(package, MOST_PARTS) == []


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer of processor time")
@pytest.mark.parametrize("package", ["ingest", "app", "model"])
def test_no_part_of_an_expression_takes_more_than_linear_time(package):
    assert _exploding(package) == []


def test_quadratic_and_exponential_expressions_are_found():
    for source in (r"\w+-", r"\s*x", r"(?:a|a)*b", r"(?:\s*,?\s*\w+)*;", r"[.!?]+(?=\s)"):
        expression = expressions.Expression(source, re.compile(source), False)
        texts = list(expressions.worst_inputs(expression.pattern, LENGTHS))
        assert any(_explodes(expression, text, longer) for _, text, longer in texts)
