"""`docqa ask` with the bundled weights on the sample documents, as a reader runs it: a process each
time.
"""

import json
import shlex
import subprocess

import pytest

pytestmark = pytest.mark.weights


def ask(python: str, *arguments: str) -> tuple[int, list[dict], str]:
    command = [python, "-m", "docqa.app", "ask", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def outside_usage(answer: dict) -> dict:
    return {name: value for name, value in answer.items() if name != "usage"}


def test_the_first_question_of_the_readme_is_answered_cold_and_kept(python, repository):
    readme = (repository / "README.md").read_text().splitlines()
    line = next(text for text in readme if "&& docqa ask sample_docs/" in text)
    words = shlex.split(line.split("&& docqa ask ", 1)[1])
    path = str(repository / words[0])
    question = words[1]
    code, (first,), _ = ask(python, path, question)
    assert code == 0
    assert first["status"] == "answered"
    quote = first["quotes"][0]
    assert quote["grade"] == "exact" and quote["place"] == "as_cited"
    assert quote["text"][quote["answer_start"] : quote["answer_end"]] == first["answer"]
    records = map(
        json.loads, (repository / "sample_docs" / "questions.jsonl").read_text().splitlines()
    )
    known = next(
        r for r in records if r["file"] in path and r["pages"] and r["answer"] in quote["text"]
    )
    assert quote["cites"][0]["page"] in known["pages"]

    code, (second,), _ = ask(python, path, question)
    assert code == 0
    assert (
        second["usage"]["cached"]
        and second["usage"]["tokens_reused"] == first["coverage"]["tokens"]
    )
    assert outside_usage(second) == outside_usage(first)


def test_an_unrelated_question_is_refused_with_the_nearest_passages(python, sample_docs):
    code, (answer,), _ = ask(
        python,
        str(sample_docs / "tidal_ponds_paper.pdf"),
        "Which airline sponsors the national football league?",
    )
    assert code == 5
    assert answer["status"] == "not_found" and answer["answer"] is None and answer["quotes"] == []
    assert len(answer["evidence"]) >= 3
    assert any('"airline" 0' in warning for warning in answer["coverage"]["warnings"])


def test_a_question_in_another_language_is_declined_and_reads_nothing(python, sample_docs):
    code, (answer,), _ = ask(
        python, str(sample_docs / "services_agreement.pdf"), "¿Cuándo termina el contrato?"
    )
    assert code == 5
    assert answer["status"] == "not_found" and answer["refused"] and answer["evidence"] == []
    assert "docqa reads English questions." in answer["coverage"]["warnings"]
    assert answer["confidence"] == 0 and answer["usage"]["tokens_read"] == 0
