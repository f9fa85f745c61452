"""The abstract of a paper is parted from its body, so that no summary is measured against what it was made of."""

import gzip
import json
import lzma
from pathlib import Path

import pytest

from docqa.app.errors import InputError
from docqa.app.lab.summary.evaluate import SYSTEMS, summaries, texts_of
from docqa.app.lab.summary.examples import abstracts, papers, part_paper

BODY = "Introduction\nHerons fish at night in the lagoons of the coast, as many have seen.\n\n" * 60
GOLD = "We watched herons at night in four lagoons of the coast and counted all of their strikes, hour by hour, in May."


def test_a_plain_abstract_ends_where_the_body_begins() -> None:
    assert part_paper(f"A title\nAbstract\n{GOLD}\n\n{BODY}") == (GOLD, BODY.strip())


def test_the_sections_of_a_structured_abstract_belong_to_it_without_their_headings() -> None:
    text = f"A title\nAbstract\n\nBackground\nHerons fish.\n\nMethods and Findings\n{GOLD}\n\n{BODY}"
    assert part_paper(text) == (f"Herons fish. {GOLD}", BODY.strip())


def test_a_paper_without_an_abstract_is_left_out() -> None:
    assert part_paper(f"A title\n\n{BODY}") is None


def test_the_two_halves_of_the_papers_share_none(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    with lzma.open(tmp_path / "text" / "papers.jsonl.xz", "wt") as lines:
        for number in range(40):
            lines.write(json.dumps({"title": f"T {number}", "text": f"T\nAbstract\n{GOLD}\n\n{BODY}"}) + "\n")
    held = {example.name for example in papers(tmp_path, held_out=True)}
    training = {example.name for example in papers(tmp_path, held_out=False)}
    assert held and training and not held & training and len(held | training) == 40


def test_abstracts_are_read_as_documents(tmp_path: Path) -> None:
    (tmp_path / "qa" / "dev").mkdir(parents=True)
    record = {
        "doc": "p/1",
        "context": "BACKGROUND: Herons fish at night in the lagoons.",
        "qas": [{"answers": [{"text": GOLD}]}],
    }
    with gzip.open(tmp_path / "qa" / "dev" / "pubmedqa.jsonl.gz", "wt") as lines:
        lines.write(json.dumps(record) + "\n")
    (abstract,) = abstracts(tmp_path, "dev")
    assert abstract.gold == GOLD
    assert texts_of(abstract.document()) == [record["context"]]


def test_other_systems_get_as_many_sentences_or_words_as_ours() -> None:
    texts = [
        "The tenant of the house pays the rent of the house every month.",
        "The landlord repairs the roof of the house.",
        "Bees make honey in the summer.",
        "The rent of the house is due every month, and the tenant of the house pays the rent.",
    ]
    said = summaries(texts, texts[1:2])
    assert tuple(said) == SYSTEMS
    assert said["lead"] == texts[0] and said["textrank"] in texts
    assert len(said["lead-words"].split()) == len(said["docqa"].split()) >= len(said["textrank-words"].split())


def test_missing_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"papers\.jsonl\.xz"):
        list(papers(tmp_path, held_out=True))
