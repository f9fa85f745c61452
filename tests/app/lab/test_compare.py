"""docqa beside simpler readers: the same questions for all, each answer scored by the same rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from docqa.app.lab import compare
from docqa.app.lab.questions import read_eval_file
from docqa.app.options import Options

FILLER = "The rocks below are grey and steep, and gulls nest there in the spring of most years. " * 9
KEEPER = "The keeper of the northern lighthouse is called Marten Hale. He came from the mainland."
MAYOR = "The southern harbour was opened in 1911. The mayor of that time, a baker, cut the rope."


@pytest.fixture
def file(tmp_path: Path) -> str:
    """One document; the first answer stands in its first quarter, the second in its last, the third nowhere."""
    context = f"{KEEPER} {FILLER}\n\n{FILLER}\n\n{FILLER}\n\n{MAYOR}"

    def qa(question: str, answer: str | None) -> dict[str, Any]:
        answers = [{"text": answer, "start": context.index(answer)}] if answer else []
        return {"id": "", "question": question, "answers": answers, "unanswerable": answer is None}

    qas = [
        qa("What is the keeper of the northern lighthouse called?", "Marten Hale"),
        qa("When was the southern harbour opened?", "1911"),
        qa("Which zebra won the derby?", None),
    ]
    path = tmp_path / "set.jsonl"
    line = {"dataset": "made", "doc": "one", "title": "One", "context": context, "qas": qas}
    path.write_text(json.dumps(line) + "\n", encoding="utf-8")
    return str(path)


def rows_of(file: str, model: Any, teacher: compare.Reader | None = None) -> list[compare.Row]:
    (document,) = read_eval_file(file)
    return list(compare.compare(document, model, teacher, Options(preview=False)))


def test_every_system_is_asked_every_question(file: str, model: Any) -> None:
    read: list[tuple[int, str]] = []

    def teacher(passages: list[str], question: str) -> str | None:
        read.append((len(passages), question))
        return "in 1911" if "harbour" in question else None

    found = compare.summary(rows_of(file, model, teacher))
    systems = [compare.DOCQA, compare.WORDS_ONLY, compare.PASSAGE, compare.SENTENCE, compare.TEACHER]
    assert list(found) == systems
    assert [rates["questions"] for rates in found.values()] == [3] * 5
    assert len(read) == 3 and all(1 <= passages <= 5 for passages, _ in read)
    mine = found[compare.TEACHER]
    assert mine["f1"] == pytest.approx((0 + 2 / 3) / 2, abs=1e-4)
    assert (mine["refused_answerable"], mine["refused_unanswerable"]) == (0.5, 1.0)
    assert mine["by_position"]["last quarter"]["f1"] == pytest.approx(2 / 3, abs=1e-4)
    assert "evidence_hit_at_1" not in mine  # it reads what docqa ranks


def test_the_passage_and_its_best_sentence_are_those_of_bm25(file: str, model: Any) -> None:
    rows = {(row.system, row.question[:4]): row for row in rows_of(file, model)}
    passage, sentence = rows[compare.PASSAGE, "What"], rows[compare.SENTENCE, "What"]
    assert sentence.said == "The keeper of the northern lighthouse is called Marten Hale."
    assert passage.said is not None and sentence.said in passage.said
    assert 0 < passage.f1 < sentence.f1 < 1
    assert passage.first_passage is True and passage.position == "first quarter"
    assert rows[compare.PASSAGE, "Whic"].position is None


def test_a_limit_draws_from_the_whole_file_and_repeats(tmp_path: Path, file: str) -> None:
    line = json.loads(Path(file).read_text(encoding="utf-8"))
    many = [{**line, "doc": f"d{number}"} for number in range(20)]
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in many), encoding="utf-8")

    def drawn(seed: int) -> list[tuple[str, str]]:
        documents = read_eval_file(str(path), sample=12, seed=seed)
        return [(document.name, question.text) for document in documents for question in document.questions]

    assert len(drawn(0)) == 12
    assert drawn(0) == drawn(0) != drawn(1)
    assert len({name for name, _ in drawn(0)}) > 4


def test_the_command_writes_rows_a_figure_and_rates(
    file: str, tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, figure = tmp_path / "rows.jsonl", tmp_path / "figure.svg"
    compare.main([file, "--model", str(checkpoint), "--rows", str(rows), "--plot", str(figure)])
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert len(rows.read_text(encoding="utf-8").splitlines()) == 3 * len(found) == 12
    drawn = figure.read_text(encoding="utf-8")
    for text in ("made (2)", "last quarter (1)", compare.SENTENCE):
        assert text in drawn
