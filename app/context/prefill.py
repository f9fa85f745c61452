"""Prefill of a Context into a State, block by block, and the cache of such states, under the hash of
the profile and all token ids. A prefill begins from the longest cached point, of any state, with the
same ids. Points lie on the model's block grid, so reused ones have the bits of an undisturbed
prefill."""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from docqa.app.answer.events import Event, Notice, ReadProgress
from docqa.app.errors import StoreDamagedError
from docqa.app.models.library import name_of
from docqa.app.storage.arrays import load_summed, save_summed
from docqa.app.storage.store import Details, Store, acquire, details_of, is_withheld
from docqa.model.errors import StateDamaged, StateError
from docqa.model.state.atomic import TEMPORARY_PREFIX
from docqa.model.state.files import load_state, save_state
from docqa.model.state.header import load_header
from docqa.model.state.long_attention import GRID

from .context import Context, prefix_hashes
from .passage_vectors import PassageVectors
from .provenance import Profile

if TYPE_CHECKING:
    from filelock import BaseFileLock
    from torch import Tensor

    from docqa.model.heads.evidence import EvidenceHead
    from docqa.model.protocol import Model
    from docqa.model.state.state import State

SAVE_EVERY_BLOCKS = 16
INTERRUPTED_NOTE = (
    "what was read up to the last block is kept, and the same command goes on from there"
)
_SPEED_BLOCKS = 8
_VECTORS = "vectors.safetensors"


class TokenVectors:
    """The evidence head's vector of every token so far, int8 [tokens, width], None without a head;
    `add_hidden_outputs`: for the prefill. Rows before a grid point are the same after a resumed prefill.
    Mutable."""

    def __init__(self, head: EvidenceHead | None) -> None:
        self._head = head
        self._pieces: dict[int, np.ndarray] = {}  # position -> rows of the piece that starts there

    def add_hidden_outputs(self, position: int, hidden: Tensor | np.ndarray) -> None:
        """Add the evidence layer's output [tokens, hidden] from `position` on."""
        if self._head:
            self._pieces[position] = self._head.token_vectors(np.asarray(hidden))

    def rows_before(self, position: int) -> np.ndarray | None:
        """Rows of all tokens before `position`, [position, width]; None without a head. Raises
        StoreDamagedError.
        """
        if not self._head:
            return None
        pieces = []
        end = 0
        while end < position and end in self._pieces:
            pieces.append(self._pieces[end])
            end += len(pieces[-1])
        if end != position:
            raise StoreDamagedError(f"there are vectors of {end} tokens, {position} were read")
        joined = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
        self._pieces = {0: joined}
        return joined

    def save(self, folder: Path, position: int) -> None:
        """Write the rows before `position` into `folder`, whole or not at all. Raises OSError."""
        rows = self.rows_before(position)
        if rows is not None:
            save_summed(folder / _VECTORS, {"rows": rows})

    def load(self, folder: Path, position: int) -> None:
        """Load the rows before `position` from `folder`. Raises StoreDamagedError."""
        if not self._head:
            return
        rows = load_summed(folder / _VECTORS)[0]["rows"]
        if len(rows) < position:
            raise StoreDamagedError(
                f"there are vectors of {len(rows)} tokens, {position} were read", where=str(folder)
            )
        self._pieces = {0: rows[:position]}


@dataclass
class Prefiller:
    """The prefill of one context, resumed from `store`. Mutable: `state`, `vectors` and `passages`
    after `read`; `tokens_reused` came from disk."""

    model: Model
    context: Context
    profile: Profile
    store: Store | None
    tokens_reused: int = 0
    vectors: TokenVectors = field(init=False)
    passages: PassageVectors = field(init=False)

    def __post_init__(self) -> None:
        if is_withheld(document.id for document in self.context.documents):
            self.store = None
        self._create_empty_vectors()
        self._grid = GRID
        self.finished = False
        self.has_saved = False
        self.is_charged = False  # the documents count as read for the first answer only
        self.state: State | None = None  # after the whole prefill
        self._points = prefix_hashes(self.context.ids, "", self._grid)
        self.key = prefix_hashes(
            self.context.ids, json.dumps(self.profile.fields(), sort_keys=True), self._grid
        )[len(self.context)]
        self._saved_at = -1
        self._refused = False  # nothing more is written
        self._lock: BaseFileLock | None = None
        self._partial: State | None = None  # after the last whole block of a prefill under way

    @property
    def total_tokens(self) -> int:
        return len(self.context)

    def reusable_tokens(self) -> int:
        """How many tokens a cached state would save, by its header alone."""
        return next((position for position, _ in self._stored_positions_and_keys()), 0)

    def prefill_remaining_tokens(self) -> Iterator[Event]:
        """Prefill what is left. Closing the generator, or Ctrl-C, saves all whole blocks."""
        if self.finished:
            if self.store and not self._refused:
                self.store.pin(self.key)
            return
        if not self.store:
            yield from self._prefill_from_state(self._partial or self._make_fresh_state())
            return
        try:
            try:
                self._lock = self.store.lock(self.key)
                for _ in acquire(self._lock):
                    yield Notice("another docqa is reading this text; waiting for it to finish")
            except OSError as error:
                self._refused = True
                yield Notice(
                    f"nothing can be kept ({error.strerror or error}, {self.store.root}); reading goes on"
                )
            state = self._partial
            if not state:
                state = yield from self._restore_longest_state(self.store)
            if self.finished:
                yield ReadProgress(self.total_tokens, self.total_tokens, reused=self.total_tokens)
            else:
                yield from self._prefill_from_state(state or self._make_fresh_state())
        finally:
            self._release_lock()

    def _release_lock(self) -> None:
        if self._lock:
            self._lock.release()
        self._lock = None

    def _create_empty_vectors(self) -> None:
        self.vectors = TokenVectors(self.model.evidence_head)
        self.passages = PassageVectors(self.model, self.context)

    def _make_fresh_state(self) -> State:
        self._create_empty_vectors()
        return self.model.new_state(self.profile.yarn_factor, layers=self.profile.layers)

    def _stored_positions_and_keys(self) -> Iterator[tuple[int, str]]:
        """(position, key) of the cached points with which this context begins, longest first; its own
        state is always there and first, so that a damaged one is named and deleted."""
        if not self.store:
            return
        own_folder = self.store.root / "states" / self.key
        if self._stored_position(own_folder) == self.total_tokens:
            yield self.total_tokens, self.key  # without a look at all others
        candidates: list[tuple[int, str]] = []
        if self.total_tokens < self._grid:  # quicker prefilled than looked for among thousands
            if own_folder.exists():
                yield 0, self.key
            return
        for entry in self.store.entries("states"):
            own = entry.folder.name == self.key
            if not own and entry.details.get("profile") != self.profile.fields():
                continue
            position = self._stored_position(entry.folder) if entry.status == "kept" else 0
            if position or own:
                candidates.append((position, entry.key))
        yield from sorted(candidates, key=lambda pair: (-pair[0], pair[1] != self.key))

    def _stored_position(self, folder: Path) -> int:
        """The last cached point of the state in `folder` with which this context begins, or 0."""
        try:
            points = load_header(folder / "model")["points"]
        except StateDamaged:
            return 0
        fitting = (at["position"] for at in points if self._points.get(at["position"]) == at["ids"])
        return max(fitting, default=0)

    def _restore_longest_state(self, store: Store) -> Generator[Event, None, State | None]:
        """Yields warnings; returns a state to go on from, or None, with `vectors` to match."""
        for position, key in self._stored_positions_and_keys():
            try:
                state = self._load_stored_state(store, key, position)
            except (StoreDamagedError, StateError, OSError) as error:
                store.drop("states", self.key)
                which = (
                    "what was read before"
                    if key == self.key
                    else "a shorter version that was read before"
                )
                yield Notice(f"{which} cannot be used, and the text is read again: {error}")
                continue
            self.tokens_reused = self._saved_at = state.position
            self.finished = (
                state.position == self.total_tokens
                and key == self.key
                and self.passages.is_complete
            )
            self.state = state if self.finished else None
            return state
        return None

    def _load_stored_state(self, store: Store, key: str, position: int) -> State:
        """Raises StoreDamagedError, StateError or OSError."""
        own = key == self.key
        folder = (
            store.open("states", key)[0]
            if own
            else store.adopt(key, self.key, self._state_entry_details(position))
        )
        self.passages.load(folder)
        self.vectors = TokenVectors(self.model.evidence_head)
        state = load_state(
            folder / "model",
            self.model,
            {"profile": self.profile.fields()},
            ids=list(self.context.ids),
        )
        self.vectors.load(folder, state.position)
        store.pin(self.key)
        return state

    def _prefill_from_state(self, state: State) -> Iterator[Event]:
        total = self.total_tokens
        ids = self.context.ids
        yield ReadProgress(state.position, total, reused=self.tokens_reused)
        times: list[tuple[int, float]] = [(state.position, time.monotonic())]
        blocks = 0
        speed = 0.0
        last_point = total // self._grid * self._grid  # a text that grows goes on from here
        try:
            while state.position < total:
                # A fork takes the blocks, so that an interruption in the middle leaves the last
                # whole one.
                trial = state.fork()
                stop = min((state.position // self._grid + 1) * self._grid, total)
                self.model.prefill(
                    list(ids[state.position : stop]),
                    trial,
                    on_hidden=self.vectors.add_hidden_outputs,
                )
                self.passages.encode_until(stop)
                state = self._partial = trial
                blocks += 1
                times = [*times[-_SPEED_BLOCKS:], (state.position, time.monotonic())]
                speed = (times[-1][0] - times[0][0]) / max(times[-1][1] - times[0][1], 1e-9)
                left = total - state.position
                if left:
                    yield ReadProgress(
                        state.position, total, speed, left / speed, self.tokens_reused
                    )
                if self._lock and self._stop_saving_if_document_forgotten():
                    yield Notice(
                        "`docqa forget` deleted this document: reading goes on, and nothing of it is kept"
                    )
                if left and (blocks % SAVE_EVERY_BLOCKS == 0 or state.position == last_point):
                    yield from self._save_or_notify(state)
        except (GeneratorExit, KeyboardInterrupt) as end:
            self.save_interrupted_prefill()
            if self._saved_at > 0:
                end.add_note(INTERRUPTED_NOTE)
            raise
        self.passages.encode_until(total)
        if state.position != self._saved_at or self.passages.unsaved:
            yield from self._save_or_notify(state)
        self.state = state
        self._partial = None
        self.finished = True
        if blocks:  # only now it is known whether anything was saved
            kept = self.store is not None and not self._refused
            yield ReadProgress(total, total, speed, 0.0, self.tokens_reused, kept)

    def save_interrupted_prefill(self) -> None:
        """Save the whole blocks of a prefill that was interrupted."""
        state = self._partial
        if state and state.position % self._grid == 0 and state.position > max(self._saved_at, 0):
            self._save_state(state)

    def _save_or_notify(self, state: State) -> Iterator[Event]:
        if problem := self._save_state(state):
            yield Notice(problem)

    def _save_state(self, state: State) -> str:
        """Returns what went wrong, or "". After a failure no more is tried."""
        if not self.store or self._refused or self._stop_saving_if_document_forgotten():
            return ""
        folder = self.store.root / "states" / self.key
        try:
            if not self.store.has(
                "states", self.key
            ):  # first, so that `docqa forget` knows whose the files are
                self.store.write_state_entry(self.key, self._state_entry_details(0))
            self.vectors.save(folder, state.position)
            self.passages.save(folder)
            save_state(state, folder / "model", {"profile": self.profile.fields()}, self.model)
            self.store.write_state_entry(self.key, self._state_entry_details(state.position))
            self.store.pin(self.key)
        except OSError as error:
            self._refused = True
            return f"what was read cannot be kept ({error.strerror or error}, {folder}); the answer is not affected"
        finally:
            for path in folder.rglob(f"{TEMPORARY_PREFIX}*"):  # of an interruption
                with suppress(OSError):  # another process removes it, or the disk refuses
                    path.unlink()
            self._stop_saving_if_document_forgotten()  # `docqa forget` may have come between
        self._saved_at = state.position
        self.has_saved = True
        return ""

    def _stop_saving_if_document_forgotten(self) -> bool:
        """Whether `docqa forget` deleted a document; then nothing is saved any more."""
        if not self.store or not self.store.forgotten(
            document.id for document in self.context.documents
        ):
            return False
        self._refused = True
        self.store.drop("states", self.key)
        self._release_lock()
        return True

    def _state_entry_details(self, position: int) -> Details:
        return {
            **details_of(self.context.documents),
            "profile": self.profile.fields(),
            "model": name_of(self.model.folder),
            "position": position,
            "total": self.total_tokens,
        }
