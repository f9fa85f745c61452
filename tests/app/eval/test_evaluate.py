"""Quality figures: the scores, the places of gold answers, and the rates of a file."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docqa.app.errors import InputError
from docqa.app.eval import evaluate
from docqa.app.eval.judging import exact_match, f1
from docqa.app.eval.questions import TextMap, read_eval_file
from docqa.app.options import Options

NAMES = (
    "questions by_kind asserted precision precision_at_90 calibration_error verdict_accuracy f1 exact_match "
    "evidence_hit_at_1 evidence_hit_at_3 page_hit refused_answerable refused_unanswerable balanced_refusal_accuracy "
    "evidence_hit_at_1_bm25_only by_length by_dataset"
)


@pytest.mark.parametrize(
    ("said", "gold", "exact", "overlap"),
    [
        ("The nine days.", "nine days", 1.0, 1.0),
        ("nine", "nine days", 0.0, 2 / 3),
        ("ten weeks", "nine days", 0.0, 0.0),
        ("", "nine days", 0.0, 0.0),
    ],
)
def test_scores_follow_squad(said, gold, exact, overlap):
    assert exact_match(said, gold) == exact
    assert f1(said, gold) == pytest.approx(overlap)


@given(
    st.lists(st.sampled_from(["rent", "nine", "days", "(a)", "—"]), min_size=1, max_size=20),
    st.data(),
)
def test_gold_places_survive_other_white_space(words, data):
    source = "\n".join(words)
    text = "  ".join(words)
    number = data.draw(st.integers(0, len(words) - 1))
    start = sum(len(word) + 1 for word in words[:number])
    place = TextMap(source, text).span(start, start + len(words[number]))
    if words[number] == "—":
        assert place is None
    else:
        assert place is not None
        assert text[place[0] : place[1]] in words[number]


def test_a_gold_answer_is_found_where_text_was_lost():
    source = "Running head 12\nThe rent is due in nine days."
    text = "The rent is due in nine days."
    start = source.index("nine days")
    assert TextMap(source, text).span(start, start + 9) == (
        text.index("nine"),
        text.index("nine") + 9,
    )


KEEPER = "The keeper of the northern lighthouse is called Marten Hale."


def write_eval(path: Path) -> Path:
    context = f"{KEEPER} " + "The rocks below are grey and steep. " * 12
    second = (
        "The southern harbour was opened in spring 1911 by the mayor. "
        + "Boats lie there in winter. " * 12
    )
    lines = [
        {
            "dataset": "made",
            "doc": "d",
            "title": "Lights",
            "context": context,
            "qas": [
                {
                    "id": "1",
                    "question": "Who is the keeper of the northern lighthouse?",
                    "unanswerable": False,
                    "answers": [{"text": "Marten Hale", "start": context.index("Marten")}],
                },
                {
                    "id": "2",
                    "question": "Which zebra won the Olympic marathon?",
                    "unanswerable": True,
                    "answers": [],
                },
            ],
        },
        {
            "dataset": "made",
            "doc": "d",
            "title": "Lights",
            "context": second,
            "qas": [
                {
                    "id": "3",
                    "question": "When was the southern harbour opened by the mayor?",
                    "unanswerable": False,
                    "answers": [{"text": "1911", "start": second.index("1911")}],
                }
            ],
        },
    ]
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    return path


def test_lines_of_a_doc_are_one_document_and_the_limit_counts_questions(tmp_path):
    path = str(write_eval(tmp_path / "set.jsonl.gz"))
    (document,) = read_eval_file(path)
    third = document.questions[2]
    start, end = third.spans[0]
    assert document.text[start:end] == "1911"
    assert [len(d.questions) for d in read_eval_file(path, 1)] == [1]


def test_rates_of_a_small_set_carry_the_names_of_the_contract(tmp_path, model, monkeypatch):
    monkeypatch.setattr(evaluate, "find_model", lambda options: model)
    found = evaluate.run_eval(str(write_eval(tmp_path / "set.jsonl.gz")), Options())
    assert list(found) == NAMES.split()
    assert found["questions"] == 3
    assert found["evidence_hit_at_1"] == 1.0
    assert found["refused_unanswerable"] == 1.0
    assert set(found["by_dataset"]) == {"made"}
    assert set(found["by_dataset"]["made"]) == set(NAMES.split()) - {
        "by_kind",
        "by_length",
        "by_dataset",
    }
    counted = {kind: rates["questions"] for kind, rates in found["by_kind"].items()}
    assert counted == {"answerable": 2, "unanswerable": 1}
    assert found["by_kind"]["unanswerable"] == {
        "questions": 1,
        "right": 0.0,
        "wrong": 0.0,
        "refused": 1.0,
        "f1": 0.0,
    }
    asserted = sum(
        rates["questions"] * (1 - rates["refused"]) for rates in found["by_kind"].values()
    )
    assert found["asserted"] == asserted


def test_a_question_keeps_its_kind_verdict_and_answers_that_belong_together(write_file):
    both = [{"text": "x", "start": 0}, {"text": "y", "start": 2}]
    qas = [
        {"question": "a", "kind": "list", "multi": True, "answers": both},
        {
            "question": "b",
            "kind": "yes_no",
            "verdict": "no",
            "answers": [{"text": "x", "start": 0}],
        },
        {"question": "c", "label": "yes", "answers": [{"text": "yes", "start": -1}]},
        {"question": "d", "label": "maybe", "answers": [{"text": "x y", "start": 0}]},
        {"question": "e", "label": "NotMentioned", "answers": [], "unanswerable": True},
    ]
    path = write_file("set.jsonl", json.dumps({"doc": "d", "context": "x y", "qas": qas}))
    (document,) = read_eval_file(str(path))
    assert [(q.kind, q.verdict, q.wanted) for q in document.questions] == [
        ("list", None, ("x; y",)),
        ("yes_no", "no", ("x",)),
        ("answerable", "yes", ("yes",)),
        ("answerable", None, ("x y",)),
        ("unanswerable", None, ()),
    ]


def test_the_first_questions_are_those_of_the_first_lines(tmp_path, write_file):
    row = {
        "answer": "x",
        "pages": [1],
        "unanswerable": False,
        "kind": "number",
        "must": [],
        "all_of": ["x", "y"],
    }
    rows = [
        {**row, "file": file, "question": f"{n}"}
        for n, file in enumerate(["a.txt", "b.txt", "a.txt", "b.txt"])
    ]
    path = write_file("questions.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    first, second = read_eval_file(str(path), 2, folder=str(tmp_path))
    assert [q.text for q in first.questions + second.questions] == ["0", "1"]
    assert (first.questions[0].kind, first.questions[0].all_of) == ("number", ("x", "y"))
    drawn = read_eval_file(str(path), 2, sample=1, folder=str(tmp_path))
    assert [len(document.questions) for document in drawn] == [1]
    assert drawn[0].questions[0].text in ("0", "1")


def test_a_file_of_another_form_is_an_input_error(tmp_path, write_file):
    path = write_file("plain.txt", "no json here\n")
    with pytest.raises(InputError, match="line 1"):
        read_eval_file(str(path))
    with pytest.raises(InputError):
        read_eval_file(str(tmp_path / "missing.jsonl"))


@pytest.mark.usefixtures("tiny_model")
def test_eval_asks_about_the_files_of_a_folder(docqa, printed, refused, tmp_path, write_file):
    (tmp_path / "note.txt").write_text(f"{KEEPER}\n")
    rows = [
        {
            "file": "note.txt",
            "question": "Who is the keeper of the lighthouse?",
            "answer": "Marten Hale",
            "pages": [1],
            "unanswerable": False,
        },
        {
            "file": "note.txt",
            "question": "Which zebra won?",
            "answer": None,
            "page": None,
            "unanswerable": True,
        },
        {"file": "gone.txt", "question": "Which?", "answer": "", "pages": [], "unanswerable": True},
    ]
    path = write_file("questions.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    code, out, err = docqa("eval", path, "--folder", tmp_path, "--json")
    found = json.loads(out.splitlines()[-1])
    assert (code, list(found)) == (0, [*NAMES.split(), "skipped"])
    assert (found["questions"], found["skipped"], "gone.txt" in err) == (2, 1, True)
    assert (found["page_hit"], found["evidence_hit_at_1"], found["refused_unanswerable"]) == (
        1.0,
        1.0,
        1.0,
    )
    figure = tmp_path / "confidence.svg"
    assert docqa("eval", path, "--folder", tmp_path, "--plot", figure)[0] == 0
    assert "answers to 2 questions" in figure.read_text()
    for bad in (tmp_path / "none" / "f.svg", tmp_path / "f.png"):
        assert docqa("eval", path, "--folder", tmp_path, "--plot", bad)[0] == 2
    sample = printed("eval", path, "--folder", tmp_path, "--sample", "1").splitlines()[-1]
    assert json.loads(sample)["questions"] + json.loads(sample)["skipped"] == 1
    assert "--folder DIR" in refused(3, "eval", path)
    assert docqa("eval", path, "--folder", tmp_path / "none")[0] == 3
    assert docqa("eval", tmp_path / "none.jsonl")[0] == 3
