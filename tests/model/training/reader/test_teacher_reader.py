"""The teacher read piece by piece, and as a reader of passages."""

import pytest
import torch
from transformers import DynamicCache

from docqa.model.training.reader.teacher_reader import LONGEST_ANSWER, TeacherReader
from docqa.model.training.trunk.teacher import Teacher

META = {
    "llama.block_count": 2,
    "llama.attention.head_count": 4,
    "llama.attention.head_count_kv": 2,
    "llama.attention.layer_norm_rms_epsilon": 1e-5,
    "llama.rope.freq_base": 10_000.0,
}


@pytest.fixture(scope="module")
def teacher():
    source = torch.Generator().manual_seed(0)

    def random(*shape):
        return torch.randn(*shape, generator=source) * 0.3

    tensors = {"embed_tokens.weight": random(50, 32), "norm.weight": random(32)}
    shapes = {"q_proj": (32, 32), "k_proj": (16, 32), "v_proj": (16, 32), "o_proj": (32, 32)}
    inner = {"gate_proj": (48, 32), "up_proj": (48, 32), "down_proj": (32, 48)}
    for layer in ("layers.0", "layers.1"):
        tensors |= {f"{layer}.self_attn.{name}.weight": random(*shape) for name, shape in shapes.items()}
        tensors |= {f"{layer}.mlp.{name}.weight": random(*shape) for name, shape in inner.items()}
        for name in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"{layer}.{name}.weight"] = random(32)
    return Teacher(tensors, META, torch.float64)


def test_reading_in_pieces_with_a_cache_equals_reading_at_once(teacher):
    ids = torch.randint(0, 50, (1, 40), generator=torch.Generator().manual_seed(1))
    right, cache = teacher(ids), DynamicCache()
    pieces = [teacher(piece, cache=cache) for piece in ids.split([12, 1, 20, 7], 1)]
    assert (torch.cat(pieces, 1) - right).abs().max() < 1e-5  # rotations are float32
    assert cache.get_seq_length() == 40


def test_the_inputs_and_outputs_of_all_mixers_are_collected(teacher):
    mixers = []
    teacher(torch.arange(9)[None], mixers)
    assert [(given.shape, out.shape) for given, out in mixers] == [((1, 9, 32), (1, 9, 32))] * 2
    again = teacher.network.layers[1].self_attn.o_proj.weight
    assert not torch.allclose(mixers[0][1], mixers[1][1]) and not again.requires_grad


class Scripted(TeacherReader):
    """A reader whose tokens are set beforehand; letters are tokens."""

    def __init__(self, text):
        self.script, self.seen = list(text), ""
        self.start = DynamicCache()
        self.tokenizer = self

    eos_ids = (0,)

    def encode(self, text):
        return [ord(letter) for letter in text]

    def decode(self, ids):
        return "".join(map(chr, ids))

    def _read(self, ids, cache):
        self.seen += self.decode(ids)
        return ord(self.script.pop(0))


def test_an_answer_is_the_first_line_and_a_refusal_is_none():
    reader = Scripted(" on Monday\nText: more")
    assert reader.answer(["It is\nMonday."], "When?") == "on Monday"
    assert reader.seen.startswith("Text: It is Monday.\nQuestion: When?\nAnswer:")
    assert Scripted(" Not stated.\0").answer(["x"], "y") is None
    assert Scripted(" \n").answer(["x"], "y") is None
    assert Scripted("a" * 100).answer(["x"], "y") == "a" * LONGEST_ANSWER
