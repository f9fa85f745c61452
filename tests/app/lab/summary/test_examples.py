"""The abstract of a paper is parted from its body, so that no summary is measured against what it was made of."""

import gzip
import json

from docqa.app.lab.summary.evaluate import SYSTEMS, summaries, texts_of
from docqa.app.lab.summary.examples import abstracts, part_paper

BODY = "Introduction\nHerons fish at night in the lagoons of the coast, as many have seen.\n\n" * 60
GOLD = "We watched herons at night in four lagoons of the coast and counted all of their strikes, hour by hour, in May."


def test_a_plain_abstract_ends_where_the_body_begins():
    assert part_paper(f"A title\nAbstract\n{GOLD}\n\n{BODY}") == (GOLD, BODY.strip())


def test_abstracts_are_read_as_documents(tmp_path):
    (tmp_path / "qa" / "dev").mkdir(parents=True)
    record = {
        "doc": "p/1",
        "context": "BACKGROUND: Herons fish at night in the lagoons.",
        "qas": [{"answers": [{"text": GOLD}]}],
    }
    with gzip.open(tmp_path / "qa" / "dev" / "pubmedqa.jsonl.gz", "wt") as lines:
        lines.write(json.dumps(record) + "\n")
    (abstract,) = abstracts(tmp_path)
    assert abstract.gold == GOLD
    assert texts_of(abstract.document()) == [record["context"]]


def test_other_systems_get_as_many_sentences_or_words_as_ours():
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
