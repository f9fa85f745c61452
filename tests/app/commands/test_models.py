"""`docqa models export`: the files it writes, and what it refuses."""

import pytest


@pytest.mark.usefixtures("tiny_model")
def test_an_exported_folder_is_a_model_that_answers(printed, tmp_path, checkpoint, lease):
    out = printed("models", "export", checkpoint, tmp_path / "out", "--format", "hf")
    assert {line.split("/")[-1] for line in out.splitlines()} >= {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
    }
    assert "[quote found]" in printed(
        "ask", lease, "Who is the keeper of unit 7?", "--model", tmp_path / "out", "--no-store"
    )


def test_what_cannot_be_exported_says_why(refused, tmp_path, checkpoint):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    assert "not empty" in refused(2, "models", "export", checkpoint, tmp_path / "full")
    assert "is a file" in refused(2, "models", "export", checkpoint, tmp_path / "full" / "mine.txt")
    assert "there is no format 'onnx'" in refused(
        2, "models", "export", checkpoint, tmp_path / "out", "--format", "onnx"
    )
    assert "docqa models list" in refused(4, "models", "export", "nowhere", tmp_path / "out")
    assert "convert_hf_to_gguf.py" in refused(
        2, "models", "export", checkpoint, tmp_path / "out", "--format", "gguf"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full"]
