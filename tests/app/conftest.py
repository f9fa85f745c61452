"""A tiny random checkpoint, documents to ask about, and a way to run `ask` in a process of its
own.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from docqa.app import Options, cli
from docqa.app.storage.store import Store
from docqa.ingest.structure.passages import cut_passages
from docqa.ingest.structure.tables.described import add_described_tables
from docqa.ingest.types import Coverage, Document, Page, Passage, Section

WORDS = (
    "the tenant shall pay rent of 1200 dollars on the first day of each month and the landlord shall keep the roof in "
    "repair unless the lease ends before March 2021 when the notice period of ninety days begins in writing"
)


def build_checkpoint(folder: Path, seed: int = 0) -> Path:
    """A random hybrid of 3 layers with a byte-level tokenizer, as a checkpoint folder that
    `load_model` reads.
    """
    import torch
    from safetensors.torch import save_file

    from docqa.model.config import HybridConfig
    from docqa.model.hybrid import Hybrid

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = _write_tokenizer(folder)
    raw = {
        "model_type": "qwen3_5_text",
        "architectures": ["Qwen3_5ForCausalLM"],
        "vocab_size": vocabulary,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "linear_num_key_heads": 2,
        "linear_num_value_heads": 2,
        "linear_key_head_dim": 8,
        "linear_value_head_dim": 16,
        "linear_conv_kernel_dim": 4,
        "rms_norm_eps": 1e-6,
        "max_position_embeddings": 8192,
        "tie_word_embeddings": True,
        "hidden_act": "silu",
        "layer_types": ["linear_attention", "full_attention", "linear_attention"],
        "eos_token_id": 0,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 10000.0,
            "partial_rotary_factor": 1.0,
        },
    }
    (folder / "config.json").write_text(json.dumps(raw))
    torch.manual_seed(seed)
    network = Hybrid(HybridConfig.from_dict(raw))
    for name, parameter in network.named_parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(
                parameter, std=0.15 if "embed" in name else parameter.shape[-1] ** -0.5
            )
    tensors = {
        f"model.{name}": tensor.detach().clone().contiguous()
        for name, tensor in network.state_dict().items()
    }
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    save_head(folder, hidden=32)
    # Random weights know nothing: rank by words and vectors, and never refuse where the words are
    # there.
    calibration = {
        "evidence_layer": 1,
        "evidence_weights": {"bm25": 1.0, "vector": 0.2, "attention": 0.1},
        "refusal": {
            "features": ["sentence_coverage"],
            "weights": [55.0],
            "bias": -2.0,
            "threshold": 0.5,
        },
    }
    (folder / "calibration.json").write_text(json.dumps(calibration))
    return folder


def save_head(folder: Path, hidden: int) -> None:
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(1)
    parts = {
        "mean": torch.zeros(hidden),
        "scale": torch.ones(hidden),
        "token": torch.randn(8, hidden),
        "question": torch.randn(8, hidden),
        "weight": torch.randn(hidden) * 0.1,
        "bias": torch.zeros(()),
    }
    save_file(parts, folder / "evidence.safetensors")


def _write_tokenizer(folder: Path) -> int:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([WORDS] * 3, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<|im_end|>"}))
    return int(tokenizer.get_vocab_size())


@pytest.fixture
def store(tmp_path) -> Store:
    """A store of its own."""
    return Store(tmp_path / "cache")


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Path:
    """Folder of the tiny random checkpoint."""
    return build_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="session")
def model(checkpoint: Path):
    """The tiny checkpoint, loaded in float32 on one thread."""
    from docqa.model.load import load_model

    return load_model(checkpoint, dtype="float32", threads=1)


@pytest.fixture
def options(checkpoint: Path, tmp_path, monkeypatch) -> Options:
    """Those of the tiny checkpoint, whose bits are the same everywhere."""
    monkeypatch.setenv("DOCQA_DTYPE", "float32")
    return Options(
        model=str(checkpoint), preview=False, threads=1, cache_dir=str(tmp_path / "kept")
    )


def lease_text(clauses: int) -> str:
    """A plain-text lease with a fact of its own in every clause; about 60 words a clause."""
    parts = []
    for number in range(1, clauses + 1):
        parts.append(
            f"Clause {number}. The tenant of unit {number} shall pay {number * 17} dollars to the keeper named "
            f"Alder{number} before the ninth day of each month. The keeper returns the deposit within "
            f"{number + 3} days unless the lock of door {number} was broken, and a notice in writing is sent "
            f"to the office on floor {number}."
        )
    return "\n\n".join(parts) + "\n"


@pytest.fixture(scope="session")
def lease_of():
    """Function(path, clauses) that writes a lease and returns its path."""

    def write(path: Path, clauses: int) -> Path:
        path.write_text(lease_text(clauses))
        return path

    return write


@pytest.fixture
def write_file(tmp_path) -> Callable[[str, str], Path]:
    """Function(name, text) that writes a file of the test's folder and returns its path."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def note(write_file) -> Path:
    """A short text without pages."""
    return write_file(
        "note.txt",
        "The tenant of unit 7 shall pay 119 dollars to the keeper named Alder7 before the ninth day of each month.\n\n"
        "The keeper returns the deposit within ten days unless the lock of the door was broken by the tenant.\n",
    )


@pytest.fixture
def lease(write_file) -> Path:
    """A text file of about 5,000 tokens under the tiny tokenizer: two whole blocks and a part."""
    return write_file("lease.txt", lease_text(30))


ASK = """
import json, os, signal, sys
from docqa.app import Options, open_session
from docqa.app.answer.events import Finished, Notice, ReadProgress
from docqa.app.context.prefill import TokenVectors
spec = json.loads(sys.argv[1])
answers, warnings = [], []
on_hidden = TokenVectors.add_hidden_outputs
def watched(self, position, hidden):
    if position == spec.get("interrupt_inside"):
        os.kill(os.getpid(), signal.SIGINT)
    on_hidden(self, position, hidden)
TokenVectors.add_hidden_outputs = watched
# Started from a shell's background, a process ignores Ctrl-C unless it says otherwise.
signal.signal(signal.SIGINT, signal.default_int_handler)
options = Options(model=spec["model"], preview=False, threads=1, **spec.get("options", {}))
with open_session(spec["paths"], options) as session:
    for question in spec["questions"]:
        for event in session.ask(question):
            if isinstance(event, ReadProgress) and event.done == spec.get("interrupt_at"):
                os.kill(os.getpid(), signal.SIGINT)
            if isinstance(event, Notice):
                warnings.append(event.message)
            if isinstance(event, Finished):
                answers.append(event.answer.to_json_object())
print(json.dumps({"answers": answers, "warnings": warnings}))
"""


@pytest.fixture
def ask_script() -> str:
    """Program that asks as its only argument, JSON, says, and prints answers and warnings."""
    return ASK


@pytest.fixture
def ask_in_process(checkpoint: Path):
    """Function(paths, questions, cache, **spec) that asks in a new process; returns (exit code,
    object or stderr).
    """

    def run(paths: list[Path], questions: list[str], cache: Path, **spec) -> tuple[int, Any]:
        wanted = {
            "paths": [str(path) for path in paths],
            "questions": questions,
            "model": str(checkpoint),
            **spec,
        }
        done = subprocess.run(
            [sys.executable, "-c", ASK, json.dumps(wanted)],
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "DOCQA_CACHE_DIR": str(cache), "DOCQA_DTYPE": "float32"},
        )
        return done.returncode, json.loads(done.stdout) if done.returncode == 0 else done.stderr

    return run


@pytest.fixture(scope="session")
def document():
    """Function that makes a Document of page texts, see `make_document`."""
    return make_document


def make_document(
    *texts: str,
    path: str = "a.pdf",
    paged: bool = True,
    labels: tuple[str | None, ...] = (),
    sections: tuple[Section, ...] = (),
    furniture: tuple[str, ...] = (),
) -> Document:
    """A Document with one page for each text, its passages cut as the readers cut them."""
    names = labels or tuple(str(number + 1) for number in range(len(texts)))
    pages = add_described_tables(
        [
            Page(
                number,
                names[number] if paged else None,
                text,
                "A" if text.strip() else "F",
                (),
                furniture,
            )
            for number, text in enumerate(texts)
        ]
    )
    passages = tuple(
        Passage(page.page, span.start, span.end, ())
        for page in pages
        for span in cut_passages(page.text)
    )
    empty = tuple(page.page for page in pages if not page.text.strip())
    return Document(
        id=hashlib.sha256("\f".join((path, *texts)).encode()).hexdigest(),
        path=path,
        title=path,
        media_type="application/pdf" if paged else "text/plain",
        paged=paged,
        pages=tuple(pages),
        sections=sections,
        passages=passages,
        coverage=Coverage(len(pages), empty, (), 0, ()),
    )


@pytest.fixture
def tiny_model(checkpoint: Path, monkeypatch) -> None:
    """Every command of the test answers with the tiny checkpoint."""
    monkeypatch.setenv("DOCQA_MODEL", str(checkpoint))
    monkeypatch.setenv("DOCQA_DTYPE", "float32")
    monkeypatch.setenv("DOCQA_THREADS", "1")


@pytest.fixture
def docqa(capsys):
    """Function(*arguments) -> (exit code, stdout, stderr), in this process."""

    def run(*arguments) -> tuple[int, str, str]:
        code = cli.run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out, captured.err

    return run


@pytest.fixture
def refused(docqa):
    """Function(status, *arguments) -> stderr of a command that ends with this status and prints
    nothing.
    """

    def run(status: int, *arguments) -> str:
        code, out, err = docqa(*arguments)
        assert (code, out) == (status, "")
        return err

    return run


@pytest.fixture
def printed(docqa):
    """Function(*arguments) -> stdout of a command that ends with status 0."""

    def run(*arguments) -> str:
        code, out, err = docqa(*arguments)
        assert code == 0, err
        return out

    return run


@pytest.fixture
def run_python(python):
    """Function(code) -> the ended process of a Python that ran it with status 0."""

    def run(code: str) -> subprocess.CompletedProcess[str]:
        command = [python, "-c", code]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)

    return run
