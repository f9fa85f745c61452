"""`docqa models list|show|use|quantize`, and `plan` of a model that is not here."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from docqa.app.models import before_pull
from docqa.app.models.known import KNOWN, known
from docqa.app.models.library import find
from docqa.model.checkpoints.network import load_network
from docqa.model.config import HybridConfig
from docqa.model.cost.plan import state_bytes
from docqa.model.folder import BUNDLED
from docqa.model.hybrid import Hybrid


@pytest.fixture(autouse=True)
def machine(monkeypatch) -> None:
    """A machine of known memory and room on its disk."""
    monkeypatch.setattr(before_pull, "total_memory_bytes", lambda: 64 << 30)
    monkeypatch.setattr(before_pull.shutil, "disk_usage", lambda _: SimpleNamespace(free=100 << 30))


def test_what_is_known_has_the_published_sizes():
    """State in MiB, keys and values in KiB a token: in int8, Qwen2.5's keys in fp16; with their
    scales and bounds a tenth more.
    """
    published = {
        "Qwen/Qwen3-Next-80B-A3B-Instruct": (72, 12),
        "Qwen/Qwen3.5-0.8B": (18, 6),
        "Qwen/Qwen3.5-4B": (48, 16),
        "Qwen/Qwen3.5-27B": (144, 32),
        "Qwen/Qwen3.5-35B-A3B": (60, 10),
        "Qwen/Qwen3.5-122B-A10B": (144, 12),
        "Qwen/Qwen3.5-397B-A17B": (180, 15),
        "Qwen/Qwen3-8B": (0, 72),
        "Qwen/Qwen2.5-7B-Instruct": (0, 42),
        "HuggingFaceTB/SmolLM2-1.7B-Instruct": (0, 96),
        "meta-llama/Llama-3.2-1B-Instruct": (0, 16),
    }
    for name, (state, kv) in published.items():
        model = known(name)
        assert model is not None
        sizes = state_bytes(model.config, 0)
        assert state <= sizes["fixed"] / 2**20 <= 1.05 * state
        assert kv <= sizes["kv_per_token"] / 2**10 <= 1.1 * kv
    assert all(model.active_share <= 1 for model in KNOWN)
    next_80b = known("qwen3-next-80b-a3b-instruct")
    assert next_80b is not None and known("nothing") is None
    assert f"{next_80b.active_share:.1%}" == "4.9%"


@pytest.mark.parametrize(
    ("name", "millions"),
    [
        ("Qwen3-0.6B", 596),
        ("Qwen3-8B", 8191),
        ("Qwen2.5-0.5B-Instruct", 494),
        ("Qwen2.5-7B-Instruct", 7616),
        ("SmolLM2-135M-Instruct", 135),
        ("SmolLM2-1.7B-Instruct", 1711),
        ("Llama-3.2-1B-Instruct", 1236),
    ],
)
def test_known_models_have_the_parameters_of_their_releases(name, millions):
    model = known(name)
    assert model is not None and model.config.native_context == model.config.max_position_embeddings
    assert round(model.download_bytes / 2e6) == millions


def test_the_list_marks_what_answers_and_tells_what_others_need(printed, checkpoint, monkeypatch):
    out = printed("models", "list")
    assert out.startswith("* docqa-155m  ")
    (line,) = [line for line in out.splitlines() if "Qwen3.5-4B" in line]
    sizes = ["7.8", "GiB", "2.5", "GiB", "6.8", "GiB"]
    assert line.split()[1:] == [*sizes, "100.0%", "Apache-2.0"]
    assert "Qwen/Qwen3-4B-Instruct-2507" in out and "meta-llama/Llama-3.2-3B-Instruct" in out
    monkeypatch.setenv("DOCQA_MODEL", str(checkpoint))
    assert f"\n* {checkpoint}\n" in printed("models", "list")
    monkeypatch.setenv("DOCQA_MODEL", "Qwen/Qwen3.5-4B")
    assert "\n* Qwen/Qwen3.5-4B  (not here)\n" in printed("models", "list")


def test_a_gguf_file_is_found_by_its_path(tmp_path):
    (tmp_path / "x.gguf").touch()
    assert find(str(tmp_path / "x.gguf"), tmp_path) == tmp_path / "x.gguf"
    assert find(str(tmp_path / "y.gguf"), tmp_path) is None


def test_show_tells_the_active_share(printed, refused, checkpoint):
    facts = json.loads(printed("models", "show", checkpoint, "--json"))
    assert "active share: 100.0 %" in printed("models", "show", checkpoint)
    assert (facts["active_share"], facts["architecture"]) == (1.0, "qwen3_5_text")
    assert facts["parameters"] == sum(facts["parameters_by_part"].values())
    assert facts["state_bytes"] > 0 and facts["kv_bytes_per_token"] > 0
    assert "docqa models pull Qwen/Other-9B" in refused(4, "models", "show", "Qwen/Other-9B")
    assert "runs on a server" in refused(4, "models", "show", "openai:x")


def test_show_of_a_model_that_is_not_here_tells_what_it_needs(docqa, printed):
    code, out, err = docqa("models", "show", "qwen3.6-35b-a3b", "--json")
    facts = json.loads(out)
    assert (code, err, facts["id"], facts["license"]) == (
        0,
        "",
        "Qwen/Qwen3.6-35B-A3B",
        "Apache-2.0",
    )
    forms = ["as it comes", "4 bits", "6 bits", "8 bits"]
    assert list(facts["disk_bytes"]) == list(facts["memory_bytes"]) == forms
    assert facts["disk_bytes"]["as it comes"] == facts["download_bytes"] == 2 * facts["parameters"]
    assert (
        facts["disk_bytes"]["4 bits"]
        < facts["disk_bytes"]["6 bits"]
        < facts["disk_bytes"]["8 bits"]
    )
    assert "license: Llama-3.2\n" in printed("models", "show", "meta-llama/Llama-3.2-1B-Instruct")


def test_another_release_of_a_shape_needs_the_same():
    for older, newer in (("Qwen3.5-27B", "Qwen3.6-27B"), ("Qwen3.6-27B", "Qwen3.8-27B")):
        first = known(older)
        second = known(newer)
        assert first is not None and second is not None and first.config == second.config


def test_use_changes_one_line_of_the_configuration_and_keeps_the_rest(docqa, printed, checkpoint):
    path = Path(os.environ["DOCQA_CONFIG"])
    path.write_text('# mine\nk = 3  # few\n\n[tui]\ntheme = "nord"\n')
    assert docqa("models", "use", checkpoint)[0] == 0
    written = f'# mine\nk = 3  # few\nmodel = "{checkpoint}"\n\n[tui]\ntheme = "nord"\n'
    assert path.read_text() == written
    assert f"* {checkpoint}" in printed("models", "list")
    assert docqa("models", "use", "openai:qwen", "--base-url", "http://127.0.0.1:9/v1/")[0] == 0
    text = path.read_text()
    assert 'model = "openai:qwen"\n' in text and 'base_url = "http://127.0.0.1:9/v1"\n' in text
    assert docqa("models", "use", "docqa-155m")[0] == 0
    assert "model =" not in path.read_text() and "# mine\nk = 3  # few" in path.read_text()


def test_use_refuses_what_could_not_answer(refused, tmp_path):
    assert "docqa models pull" in refused(4, "models", "use", "Qwen/Qwen3.5-4B")
    assert "config.json" in refused(4, "models", "use", tmp_path)
    assert "--base-url" in refused(2, "models", "use", "openai:qwen")
    assert not Path(os.environ["DOCQA_CONFIG"]).exists()


def test_a_line_inside_a_text_of_the_configuration_is_left_alone(docqa, checkpoint):
    path = Path(os.environ["DOCQA_CONFIG"])
    text = 'cache_dir = """\nmodel = inside a text"""\n'
    path.write_text(text)
    assert docqa("models", "use", checkpoint)[0] == 0
    assert path.read_text() == f'{text}model = "{checkpoint}"\n'


def test_a_quantized_checkpoint_is_one_that_loads(docqa, refused, tmp_path):
    raw = json.loads((BUNDLED / "config.json").read_text()) | {
        "num_hidden_layers": 2,
        "layer_types": ["linear_attention", "full_attention"],
        "vocab_size": 128,
        "hidden_size": 128,
        "intermediate_size": 128,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "linear_num_key_heads": 1,
        "linear_num_value_heads": 1,
        "linear_key_head_dim": 64,
        "linear_value_head_dim": 64,
    }
    del raw["docqa_quantization"]
    source = tmp_path / "source"
    source.mkdir()
    torch.manual_seed(0)
    tensors = {
        f"model.{name}": part.detach()
        for name, part in Hybrid(HybridConfig.from_dict(raw)).state_dict().items()
    }
    save_file(tensors, source / "model.safetensors", metadata={"format": "pt"})
    (source / "config.json").write_text(json.dumps(raw))
    (source / "chat_template.jinja").write_text("template")
    code, out, err = docqa("models", "quantize", source, tmp_path / "packed")
    assert (code, "tensors in 1 files" in out) == (0, True), err
    assert (tmp_path / "packed" / "chat_template.jinja").is_file()
    with safe_open(
        tmp_path / "packed" / "model-00001-of-00001.safetensors", framework="pt"
    ) as file:
        assert "model.layers.0.mlp.up_proj.weight.q" in file.keys()  # noqa: SIM118
    load_network(tmp_path / "packed", HybridConfig.from_folder(tmp_path / "packed"), torch.float32)
    err = refused(2, "models", "quantize", source, tmp_path / "five", "--bits", "5")
    assert "5 bits are not written" in err and not (tmp_path / "five").exists()
    assert docqa("models", "quantize", source, tmp_path / "eight", "--bits", "8")[0] == 0
    bits = json.loads((tmp_path / "eight" / "config.json").read_text())["docqa_quantization"]
    assert (bits["bits"], bits["embedding_bits"]) == (8, 8)
    assert "quantized already" in refused(
        4, "models", "quantize", tmp_path / "packed", tmp_path / "twice"
    )
    assert "not empty" in refused(2, "models", "quantize", source, tmp_path / "packed")


def test_plan_says_how_long_a_model_that_is_not_here_would_read(printed, note):
    small, large = (
        json.loads(printed("plan", note, "--model", name, "--json"))
        for name in ("Qwen3.5-0.8B", "Qwen3.5-27B")
    )
    assert 0 < small["seconds"] < large["seconds"]
    assert 0 < small["disk_bytes"] < large["disk_bytes"]
    said = printed("plan", note, "--model", "Qwen3.5-0.8B")
    assert "\nreading      about " in said and " more for what is kept of the reading\n" in said


def test_plan_says_whether_a_model_that_is_not_here_would_fit(docqa, printed, note):
    code, out, err = docqa("plan", note, "--model", "Qwen3.5-397B-A17B", "--json")
    found = json.loads(out)
    assert (code, found["model"], found["yarn_factor"], err) == (
        0,
        "Qwen/Qwen3.5-397B-A17B",
        1.0,
        "",
    )
    assert found["packed_memory_bytes"] > 200 * 2**30 and found["tokens"] > 40
    out = printed("plan", note, "--model", "Qwen/Qwen3.5-0.8B")
    assert "not on this machine" in out and "1.4 GiB" in out
