"""Finetune for reading: questions over focus excerpts, answered by copying, with a little text so that prose stays.

python -m docqa.model.training.trunk.finetune --teacher FILE.gguf --student FOLDER --data FOLDER --out DIR [--steps N]
"""

from __future__ import annotations

from docqa.model.training.data.sets import parse_with_sets
from docqa.model.training.trunk.distill import parser, run


def main(arguments: list[str] | None = None) -> None:
    stage = parser("Finetune the hybrid on questions answered by copying.", "0.84,0.1,0.06", 3e-4, 1.5e-4)
    run(parse_with_sets(stage, arguments))


if __name__ == "__main__":
    main()
