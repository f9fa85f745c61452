"""The rows of a GGUF file of the user's: beside llama.cpp on the same file, and an answer that quotes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from docqa.app.bench.rows import Measurement, fastest
from docqa.app.bench.run import against_peers
from docqa.model.decode.generate import generate
from docqa.model.load import NetworkModel

REPEATS = 3
QUOTED = 96  # tokens
CLAUSE = """The Supplier shall keep the records of every delivery for six years after the year in which the goods were \
handed over, at its own cost and in a form that can be read without special equipment. On thirty days' written notice \
the Customer may inspect these records at the Supplier's place of business, during ordinary working hours and not more \
than twice in a calendar year, and may take copies of what bears upon the price. Should an inspection show that the \
Customer was charged more than two percent above what was owed, the Supplier bears the cost of the inspection and pays \
the difference back within fourteen days, with interest at four percent a year from the day of the payment."""


def real_rows(model: NetworkModel, file: Path, prompt: int) -> Iterator[Measurement]:
    """real_prefill_8k, real_decode_8k, with a prompt of so many tokens, and real_quoting. `model`: that of `file`."""
    yield from against_peers(model, prompt, file)
    yield quoting(model)


def quoting(model: NetworkModel) -> Measurement:
    """tokens/s of an answer that repeats what was read, beside the same written token by token."""
    state = model.new_state()
    model.prefill(model.tokenizer.encode(f"{CLAUSE}\n\nThe same clause, word for word:\n\n"), state)

    def written(*, lookup: bool) -> list[int]:
        return [piece.token for piece in generate(model, state, max_tokens=QUOTED, lookup=lookup, stop_ids=[])]

    text = model.tokenizer.decode(written(lookup=True))
    seconds = {lookup: float("inf") for lookup in (True, False)}
    for _ in range(REPEATS):
        for lookup in seconds:
            seconds[lookup] = min(seconds[lookup], fastest(partial(written, lookup=lookup), 1))
    same = next((at for at, pair in enumerate(zip(text, CLAUSE, strict=False)) if len(set(pair)) > 1), len(text))
    method = (
        f"{QUOTED} greedy tokens that were to repeat a clause (its first {same} characters of {len(text)}), guessed by "
        f"prompt lookup, and one by one as the peer; best of {REPEATS} in turn; bar 1.8"
    )
    return Measurement(
        "real_quoting", QUOTED / seconds[True], "tokens/s", "one by one", QUOTED / seconds[False], method
    )
