"""The network on a device: what meets there lies there, ids, rows and logits come back; and what a
user may ask for. No card is needed: torch's fake tensors know shapes and devices, and refuse what
lies on two of them."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from docqa.kernels.dispatch import Implementation
from docqa.kernels.self_check import library
from docqa.model.checkpoints.network import build_network
from docqa.model.config import HybridConfig
from docqa.model.decode.continuation import Continuation
from docqa.model.device import device_for_name
from docqa.model.errors import ConfigUnsupported
from docqa.model.load import NetworkModel, load_model
from docqa.model.tokenizer import CheckpointTokenizer
from tests.model.family_checkpoints import FAMILIES
from tests.model.tiny import write_checkpoint

CARD = torch.device(
    "lazy", 0
)  # the one kind that fake tensors have whole where torch was built for none


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    """Operations on CARD are computed as on a card without Triton."""
    fits = Implementation.fits
    monkeypatch.setattr(
        Implementation,
        "fits",
        lambda self, device, dtype: fits(self, "cuda" if device == "lazy" else device, dtype),
    )


def _on_card(raw: dict, folder: Path) -> NetworkModel:
    config = HybridConfig.from_dict(raw)
    with torch.device("meta"):
        network = build_network(config)
    for module in network.modules():
        for name, weight in list(module.named_parameters(recurse=False)):
            module.register_parameter(
                name, nn.Parameter(torch.empty(weight.shape, device=CARD), requires_grad=False)
            )
    return NetworkModel(
        config,
        CheckpointTokenizer.load(folder),
        network,
        "none",
        folder,
        torch.float32,
        device=CARD,
    )


@pytest.mark.parametrize("family", ["qwen3_5_text", "qwen3_5"])
def test_a_text_is_read_and_continued_on_a_card(family, tmp_path, card):
    raw = {"model_type": family, **FAMILIES[family]}
    folder = write_checkpoint(tmp_path)
    library()  # is checked when it is first asked for, with numbers
    with FakeTensorMode():
        model = _on_card(raw, folder)
        state = model.new_state(grid=128)
        rows: list[Tensor] = []
        last = model.prefill(
            list(range(200)), state, on_hidden=lambda position, hidden: rows.append(hidden)
        )
        assert last.device == CARD and {row.device.type for row in rows} == {"cpu"}
        assert len(state.ids()) == 200
        assert model.logits(last).device.type == "cpu" and model.logits(last).dtype == torch.float32
        continuation = Continuation(model, state.fork())
        assert continuation.logits(3).shape == (raw["vocab_size"],)
        assert continuation.logits(4).device.type == "cpu"


def test_the_processor_computes_unless_a_card_is_asked_for(tmp_path):
    assert load_model(write_checkpoint(tmp_path), dtype="float32").device.type == "cpu"
    assert device_for_name("auto") == device_for_name("cpu") == torch.device("cpu")


@pytest.mark.parametrize("asked", ["tpu", "cuda", "mps"])
def test_a_device_that_is_not_there_is_named(asked, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ConfigUnsupported, match="cpu"):
        device_for_name(asked)
