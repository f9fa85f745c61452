"""`docqa models pull` from a hub on this machine: cut, resumed, compared with its hashes, refused
with the reason.
"""

import json
from pathlib import Path

import pytest
from hub_server import COMMIT

WEIGHTS = "model.safetensors"


def folder_of(own_folders: Path) -> Path:
    return own_folders / "models" / "org--tiny" / COMMIT


def test_what_is_pulled_is_pinned_whole_and_answers_by_its_name(
    docqa, printed, hub, own_folders, note, monkeypatch
):
    monkeypatch.setenv("DOCQA_DTYPE", "float32")
    code, out, err = docqa("models", "pull", "org/tiny")
    assert (code, COMMIT[:12] in out) == (0, True), err
    here = folder_of(own_folders)
    assert (here / WEIGHTS).read_bytes() == (hub.folder / WEIGHTS).read_bytes()
    assert "pytorch_model.bin" not in {path.name for path in here.iterdir()}
    record = json.loads((here / "pulled.json").read_text())
    assert (record["commit"], record["revision"]) == (COMMIT, "main")
    assert set(record["files"][WEIGHTS]) == {"size", "sha256"} and set(
        record["files"]["config.json"]
    ) > {"git-sha1"}
    assert "[quote found]" in printed(
        "ask",
        note,
        "What does the tenant of unit 7 pay?",
        "--model",
        "org/tiny@01234",
        "--no-store",
    )
    assert f"  org/tiny@{COMMIT[:12]}" in printed("models", "list")
    assert f"org/tiny@{COMMIT[:12]}" in printed("cache", "list")


def test_a_connection_that_is_cut_goes_on_where_it_was(docqa, hub, own_folders):
    hub.cuts[WEIGHTS] = [5_000, 3_000]
    assert docqa("models", "pull", "org/tiny")[0] == 0
    asked = [bytes_ for name, bytes_ in hub.ranges if name == WEIGHTS]
    assert asked == [None, "bytes=5000-", "bytes=8000-"]
    assert (folder_of(own_folders) / WEIGHTS).read_bytes() == (hub.folder / WEIGHTS).read_bytes()


def test_a_pull_that_was_given_up_goes_on_in_another_run(
    docqa, refused, hub, own_folders, monkeypatch
):
    hub.cuts[WEIGHTS] = [7_000] + [0] * 100
    err = refused(4, "models", "pull", "org/tiny")
    assert f"org/tiny: {WEIGHTS}: the connection was cut" in err and "goes on from there" in err
    assert "6.8 KiB are kept" in err and not folder_of(own_folders).exists()
    hub.cuts.clear()
    hub.ranges.clear()
    assert docqa("models", "pull", "org/tiny")[0] == 0
    assert [entry for entry in hub.ranges if entry[0] == WEIGHTS] == [(WEIGHTS, "bytes=7000-")]
    assert "config.json" not in {name for name, _ in hub.ranges}
    assert (folder_of(own_folders) / WEIGHTS).read_bytes() == (hub.folder / WEIGHTS).read_bytes()


def test_a_part_of_something_else_is_fetched_again_from_the_beginning(docqa, hub, own_folders):
    staging = folder_of(own_folders).with_name(f".pull-{COMMIT}")
    staging.mkdir(parents=True)
    (staging / f"{WEIGHTS}.part").write_bytes(b"another file" * 100)
    assert docqa("models", "pull", "org/tiny")[0] == 0
    assert [asked for name, asked in hub.ranges if name == WEIGHTS] == ["bytes=1200-", None]


@pytest.mark.parametrize("name", [WEIGHTS, "tokenizer.json"])
def test_a_file_that_differs_from_the_hub_is_refused(docqa, hub, own_folders, name):
    hub.wrong.add(name)
    code, _, err = docqa("models", "pull", "org/tiny")
    kind = "sha256" if name == WEIGHTS else "git-sha1"
    assert code == 4 and f"org/tiny: {name}: {kind} is " in err and "the hub says" in err
    assert not folder_of(own_folders).exists() and not list(own_folders.rglob(f"{name}*"))


def test_another_architecture_is_refused_before_its_weights_are_fetched(refused, hub):
    (hub.folder / "config.json").write_text(json.dumps({"model_type": "gemma3"}))
    err = refused(4, "models", "pull", "org/tiny")
    assert "gemma3" in err and "config.json" in err and hub.asked[WEIGHTS] == 0


def test_an_encoder_is_pulled_with_its_modules_and_kept_as_the_choice(
    docqa, printed, hub, own_folders, tiny_reader
):
    tiny_reader.write_foreign(hub.folder, "Bert", "Model")
    tiny_reader.write_modules(hub.folder, {"pooling_mode": "mean"})
    (hub.folder / "2_Dense" / WEIGHTS).write_bytes((hub.folder / WEIGHTS).read_bytes())
    (hub.folder / "onnx").mkdir()
    (hub.folder / "onnx" / "model.onnx").write_bytes(b"in a form that is not read")
    assert docqa("models", "pull", "org/tiny", "--bits", "4")[0] == 2
    code, _, err = docqa("models", "pull", "org/tiny")
    assert code == 0 and "--encoder org/tiny uses it once" in err
    here = {
        path.relative_to(folder_of(own_folders)).as_posix()
        for path in folder_of(own_folders).rglob("*.*")
    }
    assert here >= {
        WEIGHTS,
        "modules.json",
        "1_Pooling/config.json",
        f"2_Dense/{WEIGHTS}",
        "tokenizer.json",
    }
    assert not any("onnx" in name or name.endswith(".bin") for name in here)
    assert docqa("models", "use", "org/tiny")[0] == 0
    assert f"* org/tiny@{COMMIT[:12]}  encoder  " in printed("models", "list")
    assert "role: encoder" in printed("models", "show", "org/tiny")
    assert docqa("models", "use", "docqa-155m")[0] == 0
    assert f"  org/tiny@{COMMIT[:12]}  encoder  " in printed("models", "list")


def test_a_shard_that_the_index_names_and_the_hub_lacks_is_named(refused, hub):
    index = {"weight_map": {"model.norm.weight": "model-00002-of-00002.safetensors"}}
    (hub.folder / "model.safetensors.index.json").write_text(json.dumps(index))
    err = refused(4, "models", "pull", "org/tiny")
    assert (
        "model-00002-of-00002.safetensors is not among its files" in err and hub.asked[WEIGHTS] == 0
    )


def test_offline_is_honoured_and_what_is_here_needs_no_hub(docqa, refused, hub, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    err = refused(4, "models", "pull", "org/tiny")
    assert "HF_HUB_OFFLINE is set" in err and hub.asked["info"] == 0
    monkeypatch.delenv("HF_HUB_OFFLINE")
    assert docqa("models", "pull", "org/tiny", "--revision", "v1")[0] == 0
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert docqa("models", "pull", "org/tiny", "--revision", COMMIT)[0] == 0
    assert docqa("models", "pull", "org/tiny", "--revision", "v1")[0] == 0
    assert hub.asked["info"] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["org/nothing"], 4, "the hub has no such model"),
        (["org/gated"], 4, "accept its terms"),
        (["org/tiny", "--revision", "v9"], 4, "the hub has no such revision"),
        (["nothing"], 2, "is not the id of a model"),
        (["../../etc"], 2, "is not the id of a model"),
    ],
)
def test_what_the_hub_does_not_know_is_said(refused, hub, arguments, code, said):
    assert said in refused(code, "models", "pull", *arguments)


def test_no_room_is_said_before_anything_large_is_fetched(refused, hub, monkeypatch):
    from docqa.app.models import pull

    usage = type("Usage", (), {"free": 1_000})
    monkeypatch.setattr(pull.shutil, "disk_usage", lambda _: usage)
    err = refused(4, "models", "pull", "org/tiny")
    assert "1000 B are free" in err and "DOCQA_CACHE_DIR" in err and hub.asked[WEIGHTS] == 0


def test_a_hub_that_is_not_there_is_said(refused, hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OFFLINE_LOOPBACK", "9")
    err = refused(4, "models", "pull", "org/tiny")
    assert "the hub cannot be reached" in err and "HF_ENDPOINT" in err


def test_a_known_model_that_is_missing_says_how_to_fetch_it(refused, note):
    assert "docqa models pull Qwen/Qwen3.5-4B" in refused(
        4, "ask", note, "Who pays the rent?", "--model", "qwen3.5-4b"
    )


def test_what_is_quantized_while_it_is_pulled_is_all_that_is_kept(docqa, printed, hub, own_folders):
    code, out, err = docqa("models", "pull", "org/tiny", "--bits", "8")
    assert (code, "  8 bits  " in out) == (0, True), err
    here = folder_of(own_folders)
    assert json.loads((here / "config.json").read_text())["docqa_quantization"]["bits"] == 8
    record = json.loads((here / "pulled.json").read_text())
    assert record["bits"] == 8 and set(record["files"]["config.json"]) == {"size", "sha256"}
    assert {path.name for path in here.parent.iterdir()} <= {COMMIT, ".lock"}
    assert f"  org/tiny@{COMMIT[:12]} in 8 bits  " in printed("models", "list")
    hub.ranges.clear()
    assert docqa("models", "pull", "org/tiny", "--bits", "8")[0] == 0
    assert not hub.ranges  # here already
    assert docqa("models", "pull", "org/tiny")[0] == 0
    assert (here / WEIGHTS).read_bytes() == (hub.folder / WEIGHTS).read_bytes()
    assert docqa("models", "pull", "org/tiny", "--bits", "3")[0] == 2


def test_a_model_that_was_pulled_is_deleted_by_its_name(docqa, refused, hub, own_folders):
    assert docqa("models", "pull", "org/tiny")[0] == 0
    assert docqa("models", "use", "org/tiny")[0] == 0
    assert "was not pulled" in refused(4, "models", "rm", "org/tiny@ffff")
    code, out, err = docqa("models", "rm", "ORG/tiny")
    assert (code, out) == (0, f"deleted org/tiny@{COMMIT[:12]}\n")
    assert "freed" in err and "org/tiny is still set to answer" in err
    assert not folder_of(own_folders).parent.exists()
    assert docqa("models", "rm", "org/tiny")[0] == 4


def test_a_download_that_was_cut_is_deleted_too(docqa, printed, hub, own_folders):
    hub.cuts[WEIGHTS] = [7_000] + [0] * 100
    assert docqa("models", "pull", "org/tiny")[0] == 4
    assert printed("models", "rm", "org/tiny") == f"deleted org/tiny@{COMMIT[:12]}\n"
    assert not folder_of(own_folders).parent.exists()


def test_only_what_was_pulled_is_ever_deleted(docqa, refused, checkpoint):
    before = sorted(path.name for path in checkpoint.iterdir())
    for name, said in (("docqa-155m", "is part of docqa"), (str(checkpoint), "is yours to delete")):
        assert said in refused(2, "models", "rm", name)
    for name in ("..", "Qwen/../..", "Qwen3.5-4B", "a/b"):
        assert docqa("models", "rm", name)[0] in (2, 4)
    assert sorted(path.name for path in checkpoint.iterdir()) == before
