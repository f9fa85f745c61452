"""Builds the sample documents: `python sample_docs/sources/build.py [paper|agreement|act|handbook|questions]...`."""

from __future__ import annotations

import sys

import act
import agreement
import handbook
import paper
import questions
from layout import SAMPLES

STEPS = {
    "paper": lambda: paper.build(SAMPLES / "tidal_ponds_paper.pdf"),
    "agreement": lambda: agreement.build(SAMPLES / "services_agreement.pdf"),
    "act": lambda: act.build(SAMPLES / "harbour_act.xml", SAMPLES / "harbour_act.pdf"),
    "handbook": lambda: handbook.build(SAMPLES / "handbook.pdf"),
    "questions": lambda: questions.build(),
}


def main(names: list[str]) -> int:
    """Runs the named steps, or all; returns the exit status."""
    unknown = [name for name in names if name not in STEPS]
    if unknown:
        print(f"unknown step {unknown[0]!r}; choose from {', '.join(STEPS)}", file=sys.stderr)
        return 2
    for name in names or STEPS:
        STEPS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
