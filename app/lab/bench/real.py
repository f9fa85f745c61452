"""The rows of a GGUF file of the user's: beside llama.cpp on the same file, and a question about a document that was
read before.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from docqa.app.lab.bench.contexts import BLOCK, random_context
from docqa.app.lab.bench.rows import Row, fastest
from docqa.app.lab.bench.run import against_peers, random_ids
from docqa.model.load import Model

CONTEXT, QUESTION = 30_000, 64  # tokens
REPEATS = 3
FIRST_TOKEN_WITHIN_S = 3.0


def real_rows(model: Model, file: Path, prompt: int, context: int = CONTEXT) -> Iterator[Row]:
    """real_prefill_8k, real_decode_8k and real_second_question.

    Args:
        model: that of `file`.
        prompt, context: tokens of the prompt of the first rows, and of the document that was read before.
    """
    yield from against_peers(model, prompt, file)
    yield second_question(model, context)


def second_question(model: Model, context: int) -> Row:
    """Seconds to the first token of an answer about a document of `context` tokens that is in memory.

    Whole blocks of the document are random keys and values, which cost what real ones cost; the rest of it is read.
    """
    state = random_context(model, context // BLOCK * BLOCK)
    model.prefill(random_ids(model, context % BLOCK + BLOCK)[BLOCK:], state)
    question = random_ids(model, QUESTION)
    seconds = fastest(lambda: int(model.logits(model.prefill(question, state.fork())).argmax()), REPEATS)
    method = (
        f"a question of {QUESTION} tokens to the first token of its answer, behind a document of {context:,} tokens in "
        f"memory (random keys and values); best of {REPEATS}; bar {FIRST_TOKEN_WITHIN_S:g}"
    )
    return Row("real_second_question", seconds, "s", None, None, method)
