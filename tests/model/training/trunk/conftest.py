"""A tiny teacher and a hybrid that learns from it."""

import pytest
import tiny

STUDENT = {**tiny.RAW, "intermediate_size": 128, "vocab_size": 320}
SHARED = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "max_position_embeddings",
)
TEACHER = {
    **{name: STUDENT[name] for name in SHARED},
    "model_type": "llama",
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "tie_word_embeddings": True,
    "rms_norm_eps": 1e-5,
    "eos_token_id": 299,
    "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
}


@pytest.fixture
def folders(tmp_path, data):
    teacher = tiny.write_checkpoint(tmp_path / "teacher", TEACHER, seed=1)
    return teacher, tiny.write_checkpoint(tmp_path / "student", STUDENT), data
