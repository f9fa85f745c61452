"""Which sets of questions a training run draws from, where their files are, and how often each is
drawn.
"""

import argparse
import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# How often each set is drawn, of those that are found. `natural` asks as people do; Wikipedia
# teaches the form and refusal; contracts and policies are where users work.
SHARES = {
    "natural": 0.5,
    "squad2_train": 0.22,
    "squad_train_articles": 0.14,
    "squad_dev_articles": 0.03,
    "boolq_val": 0.04,
    "condaqa": 0.03,
    "cuad": 0.04,
    "contractnli": 0.03,
    "tatqa": 0.04,
    "multispanqa_valid": 0.03,
    "fairytaleqa": 0.03,
    "tydiqa_en": 0.02,
    "ssla_defendants": 0.01,
    "disfl_qa": 0.01,
    "covidqa": 0.02,
    "policyqa": 0.02,
    "qed_nq": 0.01,
    "squad_paraphrased": 0.01,
}
CONTAINED = {"squad_train_articles": "squad2_train"}  # the second has all questions of the first
PLACES = ("", "train", "qa/train", "qa_more/train", "natural/train")  # below a data folder
HELD_OUT = ("dev", "natural/dev")


@dataclass(frozen=True)
class QuestionSets:
    """The files of some sets of questions and how often each set is drawn, by its name.

    `held_out` names documents of a development set: their questions in other sets are left out.
    """

    paths: Mapping[str, Path]
    shares: Mapping[str, float]
    held_out: frozenset[str] = frozenset()


def find_sets(folders: Iterable[Path], shares: Mapping[str, float] | None = None) -> QuestionSets:
    """The sets in the data folders: those that `shares` names, by default those of SHARES that are
    there.

    Raises:
        ValueError: a named set is in none of the folders, or they have none at all.
    """
    paths: dict[str, Path] = {}
    held_out: set[str] = set()
    for folder in folders:
        for place in PLACES:
            for path in sorted((folder / place).glob("*.jsonl.gz")):
                paths.setdefault(path.name.removesuffix(".jsonl.gz"), path)
        for place in HELD_OUT:
            for path in (folder / place).glob("*.jsonl.gz"):
                held_out |= _documents(path)
    if shares is None:
        shares = {
            name: share
            for name, share in SHARES.items()
            if name in paths and CONTAINED.get(name) not in paths
        }
    missing = [name for name in shares if name not in paths]
    if missing or not shares:
        where = ", ".join(str(folder) for folder in folders)
        lacking = f"no set named {', '.join(missing)}" if missing else "no set of questions"
        raise ValueError(f"{lacking} in {where}; there are: {', '.join(sorted(paths)) or 'none'}")
    return QuestionSets({name: paths[name] for name in shares}, shares, frozenset(held_out))


def is_validation(document: str) -> bool:
    """Whether a training document is kept for validation and calibration: one in ten, by a hash of
    its name.
    """
    return hashlib.sha256(document.encode()).digest()[0] < 26


def _documents(path: Path) -> set[str]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return {record["document"] for record in map(json.loads, lines) if "document" in record}


def parse_shares(text: str) -> dict[str, float]:
    """Numbers by name from the text "natural=0.5,cuad=0.2"; a type of argparse."""
    shares = {
        name.strip(): float(share)
        for name, _, share in (part.partition("=") for part in text.split(","))
    }
    if min(shares.values()) <= 0:
        raise ValueError("a share must be greater than 0")
    return shares


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """`--data`, once or more, and `--shares`."""
    parser.add_argument(
        "--data",
        type=Path,
        action="append",
        required=True,
        help="folder of data, with qa/train, qa_more/train or natural/train, or of *.jsonl.gz; may be repeated",
    )
    parser.add_argument(
        "--shares",
        type=parse_shares,
        metavar="SET=SHARE,...",
        help="how often each set is drawn, and no other; by default all sets that training knows and finds",
    )


def parse_with_sets(
    parser: argparse.ArgumentParser, arguments: list[str] | None
) -> argparse.Namespace:
    """The options, with the QuestionSets that they name as `sets`. Ends with status 2 where one is
    not there.
    """
    options = parser.parse_args(arguments)
    try:
        options.sets = find_sets(options.data, options.shares)
    except ValueError as error:
        parser.error(str(error))
    return options


def text_files(folders: Sequence[Path]) -> list[Path]:
    """The files of prose for training, text/*.jsonl.xz of the data folders, without what is kept
    for measuring.
    """
    found = [path for folder in folders for path in sorted((folder / "text").glob("*.jsonl.xz"))]
    return [path for path in found if path.name != "dev.jsonl.xz"]
