"""`docqa summarize` with a server: its words, part by part and as a whole, each with its place or a
mark.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chat_server import Handler, Reply, says

from docqa.model.errors import ContextTooLong

LEASE = """# Lease

This lease is made on 3 March 2024 between Ann Alder (the "Landlord") and Bob Birch (the "Tenant").

# Rent

The Tenant shall pay 900 dollars of rent on the first day of each month. The Tenant must not keep dogs in the house.

# Repairs

The Landlord shall keep the roof of the house in repair. The Landlord shall paint the house every five years.
"""


def sentence_number(body: dict[str, Any], words: str) -> int:
    """The number under which a request shows the sentence that has `words`."""
    shown = body["messages"][1]["content"]
    return next(
        int(match[1]) for match in re.finditer(r"\[(\d+)\] (.*)", shown) if words in match[2]
    )


def by_request(answer: Callable[[dict[str, Any]], str]) -> Reply:
    """A reply that depends on what was asked."""

    def reply(handler: Handler) -> None:
        says(answer(handler.bodies[-1]))(handler)

    return reply


def write(body: dict[str, Any]) -> str:
    """What a model writes of LEASE: a sentence of each part, of which that about the rent is
    wrong.
    """
    asked = body["messages"][1]["content"]
    if "Summarize the document" in asked:
        first = f"- Ann Alder and Bob Birch are the parties to the lease [{sentence_number(body, 'Ann Alder')}].\n"
        return first + f"- The Landlord keeps the roof in repair [{sentence_number(body, 'roof')}]."
    if "about: Parties" in asked or '"Lease"' in asked:
        return f"- The lease is between Ann Alder and Bob Birch [{sentence_number(body, 'Ann Alder')}]."
    if "about: Dates" in asked:
        return f"- The lease is made on 3 March 2024 [{sentence_number(body, '3 March')}]."
    if '"Rent"' in asked:
        return f"- The Tenant shall pay 950 dollars in May [{sentence_number(body, '900')}]."
    if '"Repairs"' in asked:
        return f"- The Landlord shall keep the roof in repair [{sentence_number(body, 'roof')}]."
    return "not stated"


@pytest.fixture
def lease(tmp_path) -> Path:
    path = tmp_path / "docs" / "lease.md"
    path.parent.mkdir()
    path.write_text(LEASE)
    return path


@pytest.fixture
def summarize(docqa):
    """Function(server, *arguments) -> (exit code, stdout, stderr) of `docqa summarize`."""

    def run(server, *arguments) -> tuple[int, str, str]:
        return docqa("summarize", *arguments, "--model", "openai:qwen", "--base-url", server.url)

    return run


def records(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "summaries.jsonl").read_text().splitlines()]


def test_parts_then_the_whole_are_written_with_places_and_marks(server, summarize, lease, tmp_path):
    running = server(by_request(write))
    code, _, err = summarize(running, lease, "--output", tmp_path / "out")
    assert code == 0, err
    (record,) = records(tmp_path / "out")
    assert (record["method"], record["model"]) == ("written", "openai:qwen")
    said = {section["heading"]: section["sentences"] for section in record["sections"]}
    assert said["Repairs"][0]["support"] in ("supported", "quoted")
    assert said["Repairs"][0]["cites"][0]["label"] == "Repairs"
    assert [each["support"] in ("unsupported", "contradicted") for each in said["Rent"]] == [True]
    assert [each["support"] for each in record["sentences"]] == ["supported", "supported"]
    page = (tmp_path / "out" / "lease.md.md").read_text()
    assert "Written by openai:qwen" in page
    assert re.search(r"950 dollars in May.*(no quote supports this|a quote contradicts this)", page)
    (whole,) = [
        body
        for body in running.bodies
        if "Summarize the document" in body["messages"][1]["content"]
    ]
    assert "roof" in str(whole) and "950" not in str(whole)


def test_a_focus_is_written_of_and_of_nothing_else(server, summarize, lease, tmp_path):
    def about(body: dict[str, Any]) -> str:
        asked = body["messages"][1]["content"]
        assert "what the landlord must do" in asked
        return (
            write(body)
            if '"Repairs"' in asked or "roof" in asked and "says about this" in asked
            else "not stated"
        )

    running = server(by_request(about))
    code, out, _ = summarize(running, lease, "--focus", "what the landlord must do")
    assert code == 0 and "keep the roof in repair" in out and "900 dollars" not in out
    assert "Nothing states" not in out
    code, out, _ = summarize(
        server(says("not stated")), lease, "--focus", "who insures the boat", "--style", "brief"
    )
    assert code == 0 and "Nothing states any of: who insures the boat" in out


def test_topics_that_the_model_finds_nothing_about_are_named(server, summarize, lease, tmp_path):
    assert (
        summarize(
            server(by_request(write)), lease, "--style", "clauses", "--output", tmp_path / "out"
        )[0]
        == 0
    )
    (record,) = records(tmp_path / "out")
    assert [section["heading"] for section in record["sections"]] == ["Parties", "Dates and term"]
    assert "Governing law" in record["not_covered"]
    assert "Not covered: Obligations" in (tmp_path / "out" / "digest.md").read_text()


def test_the_same_command_writes_nothing_twice(server, summarize, lease, tmp_path):
    running = server(by_request(write))
    summarize(running, lease.parent, "--output", tmp_path / "out")
    asked = len(running.bodies)
    first = (tmp_path / "out" / "summaries.jsonl").read_bytes()
    summarize(running, lease.parent, "--output", tmp_path / "out")
    assert len(running.bodies) == asked
    assert (tmp_path / "out" / "summaries.jsonl").read_bytes() == first


def test_a_text_that_the_bundled_model_cannot_read_is_summarized(
    server, summarize, lease, monkeypatch
):
    def too_long(*_, **__) -> float:
        raise ContextTooLong("2,000,000 tokens are more than a model reads")

    monkeypatch.setattr("docqa.app.answerers.local.yarn_factor_for", too_long)
    code, out, err = summarize(server(by_request(write)), lease)
    assert code == 0, err
    assert "keep the roof in repair" in out and "found by their words alone" in err
