"""Models of others beside a checkpoint with a reader: named, kept apart, calibrated on a user's
questions.
"""

import json
import shutil
from dataclasses import replace

import pytest

from docqa.app.answer.confidence import answer_chance
from docqa.app.answerers.loading import load_model
from docqa.app.answerers.third_party import options_for_provenance
from docqa.app.errors import UsageError
from docqa.app.eval.fitting import Fitting
from docqa.app.eval.judging import QuestionOutcome
from docqa.app.options import Options

QUESTION = "What does the tenant of unit 7 pay?"


@pytest.fixture
def others(tmp_path, checkpoint, tiny_reader, own_folders):
    """The folder of a checkpoint with a reader, and those of others by their roles."""
    model = tmp_path / "model"
    shutil.copytree(checkpoint, model)
    tiny_reader.random_passage_encoder(model)
    tiny_reader.write_reader(model)
    refusal = {
        "features": ["margin", "likely"],
        "weights": [0.1, 0.1],
        "bias": 3.0,
        "threshold": 0.0,
    }
    calibration = {
        "evidence_layer": 1,
        "evidence_weights": {"bm25": 1.0, "passage": 0.5},
        "refusal": refusal,
    }
    (model / "calibration.json").write_text(json.dumps(calibration))
    tiny_reader.write_foreign(tmp_path / "squad", "Roberta", "ForQuestionAnswering")
    tiny_reader.write_foreign(tmp_path / "cross", "Bert", "ForSequenceClassification", num_labels=1)
    for name, pooling in (("mean", "mean"), ("cls", "cls")):
        tiny_reader.write_foreign(tmp_path / name, "MPNet", "Model")
        tiny_reader.write_modules(tmp_path / name, {"pooling_mode": pooling})
        listed = tmp_path / name / "modules.json"
        listed.write_text(listed.read_text().replace("Dense", "Normalize"))
    return model, {
        "reader": tmp_path / "squad",
        "encoder": tmp_path / "mean",
        "reranker": tmp_path / "cross",
    }


def test_an_answer_names_the_models_of_others_that_it_rests_on(
    docqa, refused, note, others, tmp_path, own_folders
):
    model, folders = others

    def asked(**changed):
        given = [
            part for role, folder in (folders | changed).items() for part in (f"--{role}", folder)
        ]
        code, out, err = docqa("ask", note, QUESTION, "--json", "--model", model, *given)
        assert code == 0, err
        return json.loads(out)

    def vectors():
        return {path.name for path in own_folders.rglob("passages-*.safetensors")}

    cold = asked()
    first = vectors()
    names = {role: cold["provenance"]["options"][role].partition("@")[0] for role in folders}
    assert names == {"reader": "squad", "encoder": "mean", "reranker": "cross"} and len(first) == 1
    other = asked(encoder=tmp_path / "cls")
    assert len(vectors()) == 2 and other["provenance"]["options"] != cold["provenance"]["options"]
    warm = asked()
    assert (
        warm["usage"]["cached"]
        and {**warm, "usage": None} == {**cold, "usage": None}
        and len(vectors()) == 2
    )
    assert "no encoder has this name" in refused(
        4, "ask", note, QUESTION, "--model", model, "--encoder", "all-minilm-l6-v3"
    )


def test_confidence_is_fitted_on_questions_for_these_models_alone(others, tmp_path):
    model, folders = others
    options = Options(
        model=str(model),
        cache_dir=str(tmp_path),
        **{role: str(path) for role, path in folders.items()},
    )
    with pytest.raises(UsageError, match="--reader, --encoder or --reranker"):
        Fitting(replace(options, reader=None, encoder=None, reranker=None), load_model(options))
    fitting = Fitting(options, load_model(options))
    before = options_for_provenance(options)
    asked = [
        QuestionOutcome(
            "",
            9,
            False,
            False,
            float(right),
            0.0,
            "",
            0.5,
            right,
            None,
            right,
            None,
            None,
            None,
            {"margin": 0.0, "likely": -2.0, "said": 2.0 * right - (at % 3)},
        )
        for at, right in enumerate([True, False] * 20)
    ]
    with pytest.raises(UsageError, match="too few"):
        fitting.fitted(asked[:9])
    fitted = fitting.fitted(asked)
    known = load_model(options).calibration["refusal"]
    assert (
        known["features"] == ["margin", "likely", "said"]
        and options_for_provenance(options) != before
    )
    sure, unsure = (
        [each.confidence for each in fitted if each.right is right] for right in (True, False)
    )
    assert sum(sure) / 20 > 0.6 > 0.4 > sum(unsure) / 20
    assert answer_chance(asked[0].signals, known) == pytest.approx(fitted[0].confidence)
    alone = replace(options, reranker=None)
    assert load_model(alone).calibration["refusal"]["features"] == ["margin", "likely"]
