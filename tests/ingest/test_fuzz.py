"""Mutated files: each ends in a Document or an IngestError, soon, and the process that asked lives
on.

All 10,000 PDFs and 2,000 others, with a tally by seed: pytest -m slow tests/ingest/test_fuzz.py
A case that failed, again: python tests/ingest/fuzz.py NUMBER 1, or fuzz_office.py
"""

import importlib.util
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from docqa.ingest.errors import IngestError
from docqa.ingest.request import ReadRequest
from docqa.ingest.worker import read_in_worker

SCRIPT = Path(__file__).with_name("fuzz.py")
OFFICE = Path(__file__).with_name("fuzz_office.py")
FEW = 120
MANY = int(os.environ.get("DOCQA_FUZZ_CASES", "10000"))
MANY_OFFICE = int(os.environ.get("DOCQA_FUZZ_CASES", "2000"))
BATCH = 500
PAGE_SECONDS = 10  # the limit of the worker; a file of ours has three pages
REFUSALS = {
    "Document",
    "Empty",
    "EmptyError",
    "NoDocuments",
    "NotADocument",
    "Encrypted",
    "Unreadable",
    "NoText",
    "TooLarge",
}


@dataclass
class Tally:
    """What became of the cases: `lost` killed the process that read them, or took longer than a
    page may.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    by_seed: dict[str, Counter[str]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, -1)

    def add(self, record: dict) -> None:
        known = record["outcome"] in REFUSALS
        name = record["outcome"] if known else "failure"
        self.outcomes[name] += 1
        self.by_seed.setdefault(record["seed"], Counter())[name] += 1
        self.slowest = max(self.slowest, (record["seconds"], record["case"]))
        if not known:
            self.failures.append(f"case {record['case']} ({record['seed']}): {record['outcome']}")


def run(first: int, count: int, script: Path = SCRIPT) -> Tally:
    tally = Tally()
    number = first
    end = first + count
    while number < end:
        # The child may use two minutes of processor time.
        number = _run_child(script, number, min(number + BATCH, end), tally)
    return tally


def _run_child(script: Path, number: int, end: int, tally: Tally) -> int:
    """Reads on from case `number` in a child; the number after the last case, or after the one
    that ended it.
    """
    command = [sys.executable, str(script), str(number), str(end - number)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    assert child.stdout
    reader = threading.Thread(
        target=lambda out: [*map(lines.put, out), lines.put("")], args=(child.stdout,)
    )
    reader.start()
    try:
        # Three pages at their limit, and the start of the child.
        while line := _next(lines, 3 * PAGE_SECONDS + 20):
            tally.add(json.loads(line))
            number += 1
    finally:
        child.kill()
        child.wait()
        reader.join()
        child.stdout.close()
    if number < end:
        tally.lost.append(number)
        number += 1
    return number


def _next(lines: queue.SimpleQueue[str], seconds: float) -> str:
    try:
        return lines.get(timeout=seconds)
    except queue.Empty:
        return ""


def _case(number: int) -> bytes:
    spec = importlib.util.spec_from_file_location("fuzz", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.case(number)[1]


def _survives(number: int) -> str:
    """What the worker makes of a case that killed its reader; the process that asks goes on."""
    started = time.monotonic()
    try:
        read_in_worker(
            ReadRequest("mutant.pdf", _case(number), media_type="pdf", page_seconds=PAGE_SECONDS)
        )
        found = "Document"
    except IngestError as error:
        found = type(error).__name__
    assert time.monotonic() - started < 6 * PAGE_SECONDS, f"case {number}"
    return found


@pytest.mark.parametrize(("script", "cases"), [(SCRIPT, "[7]"), (OFFICE, "range(9)")])
def test_a_case_is_the_same_bytes_at_every_run(script, cases):
    printed = f"print([hashlib.sha256({script.stem}.case(n)[1]).hexdigest() for n in {cases}])"
    command = [sys.executable, "-c", f"import {script.stem}, hashlib; {printed}"]
    runs = [
        subprocess.run(command, cwd=script.parent, capture_output=True, check=True)
        for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout != b""


@pytest.mark.parametrize("script", [SCRIPT, OFFICE])
def test_mutated_files_give_a_document_or_an_error(script):
    tally = run(0, FEW, script)
    assert tally.failures == []
    assert [(number, _survives(number)) for number in tally.lost] == []
    assert tally.outcomes.total() == FEW


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("script", "count"), [(SCRIPT, MANY), (OFFICE, MANY_OFFICE)])
def test_thousands_of_mutated_files_neither_crash_nor_hang(capsys, script, count):
    started = time.monotonic()
    tally = run(0, count, script)
    lost = {number: _survives(number) for number in tally.lost if script == SCRIPT}
    with capsys.disabled():
        seconds = time.monotonic() - started
        print(f"\n{count:,} cases in {seconds:.0f} s: {dict(tally.outcomes.most_common())}")
        for seed, counts in sorted(tally.by_seed.items()):
            print(f"{seed:14} {dict(counts.most_common())}")
        slowest, case = tally.slowest
        print(f"slowest: case {case} with {slowest:.1f} s; readers lost: {tally.lost}, {lost}")
    assert tally.failures == []
    if script == OFFICE:
        assert tally.lost == []
    assert slowest < PAGE_SECONDS
