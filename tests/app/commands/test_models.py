"""`docqa models export`: the files it writes, and what it refuses."""

import pytest


@pytest.mark.usefixtures("tiny_model")
def test_an_exported_folder_is_a_model_that_answers(docqa, tmp_path, checkpoint, lease):
    code, out, _ = docqa("models", "export", checkpoint, tmp_path / "out", "--format", "hf")
    assert code == 0
    assert {line.split("/")[-1] for line in out.splitlines()} >= {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
    }
    code, out, _ = docqa(
        "ask", lease, "Who is the keeper of unit 7?", "--model", tmp_path / "out", "--no-store"
    )
    assert (code, "[quote found]" in out) == (0, True)


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
