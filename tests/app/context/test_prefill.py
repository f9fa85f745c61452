"""What is kept on disk changes the time of an answer, never a word of it."""

import errno
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docqa.app.answer.events import Finished, Notice, ReadProgress
from docqa.app.context import prefill
from docqa.app.context.prefill import INTERRUPTED_NOTE, Prefiller
from docqa.app.options import Options
from docqa.app.session.engine import open_session
from docqa.app.storage.sources import content_digests
from docqa.app.storage.store import Store

QUESTION = "What does the tenant of unit 7 pay to the keeper?"


def outside_usage(answer: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in answer.items() if key != "usage"})


def ask(
    path: Path, model: Any, cache: Path, question: str = QUESTION, **options: Any
) -> tuple[Any, list[Any]]:
    """The answer object and all events of one question in this process."""
    chosen = Options(cache_dir=str(cache), preview=False, **options)
    with open_session([str(path)], chosen, model=model) as session:
        events = list(session.ask(question))
    assert isinstance(events[-1], Finished)
    return events[-1].answer.to_json_object(), events


def warnings(events: list[Any]) -> list[str]:
    return [event.message for event in events if isinstance(event, Notice)]


def state_folder(cache: Path) -> Path:
    (folder,) = (cache / "states").iterdir()
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "kept"


@pytest.fixture(scope="module")
def read_once(
    model: Any, tmp_path_factory: pytest.TempPathFactory, lease_of: Any
) -> tuple[Path, Path, dict[str, Any]]:
    """(document, cache after one read, cold answer): tests copy the cache before they harm it."""
    folder = tmp_path_factory.mktemp("read")
    path = lease_of(folder / "lease.txt", 30)
    answer, _ = ask(path, model, folder / "cache")
    return path, folder / "cache", answer


@pytest.fixture
def kept(
    read_once: tuple[Path, Path, dict[str, Any]], cache: Path
) -> Iterator[tuple[Path, Path, dict[str, Any]]]:
    path, original, answer = read_once
    shutil.copytree(original, cache)
    yield path, cache, answer


def test_cached_answer_is_the_cold_answer_after_a_restart(lease, cache, ask_in_process):
    _, cold = ask_in_process([lease], [QUESTION], cache)
    _, warm = ask_in_process([lease], [QUESTION], cache)
    assert outside_usage(warm["answers"][0]) == outside_usage(cold["answers"][0])
    assert cold["answers"][0]["usage"]["cached"] is False
    assert cold["answers"][0]["usage"]["tokens_reused"] == 0
    usage = warm["answers"][0]["usage"]
    assert usage["cached"] is True
    assert usage["tokens_read"] == 0
    assert usage["tokens_reused"] == warm["answers"][0]["coverage"]["tokens"]


@pytest.mark.parametrize(
    ("spec", "reused"),
    [
        pytest.param({"interrupt_at": 0}, 0, id="before the first block"),
        pytest.param({"interrupt_inside": 2048}, 2048, id="inside the second block"),
        pytest.param(
            {"interrupt_at": 4096}, 4096, id="after the second block", marks=pytest.mark.slow
        ),
    ],
)
def test_an_interrupted_read_goes_on_and_gives_the_cold_answer(
    read_once, cache, ask_in_process, spec, reused
):
    path, _, cold = read_once
    code, _ = ask_in_process([path], [QUESTION], cache, **spec)
    assert code != 0
    _, resumed = ask_in_process([path], [QUESTION], cache)
    assert resumed["answers"][0]["usage"]["tokens_reused"] == reused
    assert outside_usage(resumed["answers"][0]) == outside_usage(cold)


def test_closing_the_generator_keeps_whole_blocks(lease, model, cache):
    options = Options(cache_dir=str(cache), preview=False)
    with open_session([str(lease)], options, model=model) as session:
        reading = session.read()
        for event in reading:
            if isinstance(event, ReadProgress) and event.done == 2048:
                reading.close()
                break
    with open_session([str(lease)], options, model=model) as session:
        assert session.plan.tokens_reused == 2048


def test_a_read_that_was_left_goes_on_in_the_same_session(lease, model, read_once):
    with open_session([str(lease)], Options(store=False, preview=False), model=model) as session:
        reading = session.read()
        for event in reading:
            if isinstance(event, ReadProgress) and event.done == 2048:
                break
        reading.close()
        *_, last = session.ask(QUESTION)
    text = outside_usage(last.answer.to_json_object())
    assert text.replace(str(lease), "LEASE") == outside_usage(read_once[2]).replace(
        str(read_once[0]), "LEASE"
    )


@pytest.mark.parametrize(
    "victim", ["point", "block", "header.json", "vectors.safetensors", "entry.json"]
)
def test_a_damaged_state_is_rebuilt_with_equal_answer(kept, model, victim):
    path, cache, cold = kept
    files = [
        file
        for file in state_folder(cache).rglob("*")
        if file.is_file() and file.name.startswith(victim)
    ]
    for file in files:
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 0xFF
        file.write_bytes(bytes(content))
    answer, events = ask(path, model, cache)
    assert files
    assert outside_usage(answer) == outside_usage(cold)
    assert any(
        "cannot be used, and the text is read again" in message for message in warnings(events)
    )
    assert ask(path, model, cache)[0]["usage"]["cached"] is True


def test_a_state_of_another_text_is_refused_with_the_reason(kept, model, tmp_path, lease_of):
    path, cache, cold = kept
    other = lease_of(tmp_path / "other.txt", 12)
    ask(other, model, tmp_path / "second")
    mine = state_folder(cache)
    foreign = state_folder(tmp_path / "second")
    shutil.rmtree(mine / "model")
    shutil.copytree(foreign / "model", mine / "model")
    answer, events = ask(path, model, cache)
    assert outside_usage(answer) == outside_usage(cold)
    assert any("tokens differ" in message for message in warnings(events))


def full(*_: Any, **__: Any) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_costs_a_warning_not_the_answer(lease, model, cache, read_once, monkeypatch):
    monkeypatch.setattr("docqa.app.context.prefill.save_state", full)
    answer, events = ask(lease, model, cache)
    assert answer["answer"] == read_once[2]["answer"]
    told = [message for message in warnings(events) if "No space left on device" in message]
    assert len(told) == 1


def test_a_full_disk_before_the_document_is_kept_costs_a_warning(lease, model, cache, monkeypatch):
    monkeypatch.setattr(Store, "put", full)
    answer, events = ask(lease, model, cache)
    assert answer["status"] == "answered"
    assert any("No space left" in message for message in warnings(events))


def test_a_cache_folder_that_cannot_be_made_costs_a_warning(lease, model, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    answer, events = ask(lease, model, blocked / "cache")
    assert answer["status"] == "answered"
    assert any("nothing can be kept" in message for message in warnings(events))


def test_a_grown_document_reads_only_its_tail(model, kept, lease_of, tmp_path):
    _, cache, _ = kept
    longer = lease_of(tmp_path / "lease.txt", 34)
    grown, _ = ask(longer, model, cache)
    cold, _ = ask(longer, model, tmp_path / "fresh")
    assert grown["usage"]["tokens_reused"] == 4096
    assert outside_usage(grown) == outside_usage(cold)


def test_a_document_that_changes_between_two_asks_is_read_anew(tmp_path, model, cache):
    path = tmp_path / "note.txt"
    path.write_text(
        "The keeper of the northern lighthouse is called Marten Hale.\n", encoding="utf-8"
    )
    first, _ = ask(path, model, cache, "Who is the keeper of the northern lighthouse?")
    path.write_text(
        "The keeper of the northern lighthouse is called Odile Crane.\n", encoding="utf-8"
    )
    second, _ = ask(path, model, cache, "Who is the keeper of the northern lighthouse?")
    assert "Marten Hale" in first["quotes"][0]["text"]
    assert "Odile Crane" in second["quotes"][0]["text"]
    assert second["usage"]["cached"] is False


def test_two_processes_that_ask_at_once_give_the_same_answer(lease, cache, checkpoint, ask_script):
    spec = json.dumps({"paths": [str(lease)], "questions": [QUESTION], "model": str(checkpoint)})
    environment = {**os.environ, "DOCQA_CACHE_DIR": str(cache), "DOCQA_DTYPE": "float32"}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", ask_script, spec],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(2)
    ]
    answers = [json.loads(process.communicate(timeout=120)[0])["answers"][0] for process in running]
    assert outside_usage(answers[0]) == outside_usage(answers[1])
    assert (
        sum(answer["usage"]["tokens_read"] for answer in answers)
        == answers[0]["coverage"]["tokens"]
    )


def test_folders_and_files_are_private(kept):
    _, cache, _ = kept
    for path in cache.rglob("*"):
        if path.suffix != ".lock":
            assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize("store", [True, False])
def test_an_interrupt_says_what_is_kept_only_where_something_is(
    lease, model, cache, monkeypatch, store
):
    original = type(model).prefill

    def interrupted(self: Any, ids: Any, state: Any, **options: Any) -> Any:
        if state.position:
            raise KeyboardInterrupt
        return original(self, ids, state, **options)

    monkeypatch.setattr(type(model), "prefill", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        ask(lease, model, cache, store=store)
    assert getattr(caught.value, "__notes__", []) == ([INTERRUPTED_NOTE] if store else [])


def test_a_reader_without_anything_kept_reuses_nothing(model, lease):
    with open_session([str(lease)], Options(store=False), model=model) as session:
        assert isinstance(session.answerer.reading.prefiller, Prefiller)
        assert session.answerer.reading.prefiller.reusable_tokens() == 0


def forgotten(lease: Path, cache: Path, said: list[Any]) -> threading.Thread:
    """A started thread that forgets the lease."""
    arguments = content_digests(str(lease)), str(lease), said.append
    thread = threading.Thread(target=Store(cache).forget, args=arguments)
    thread.start()
    return thread


def test_a_read_goes_on_but_keeps_nothing_of_a_forgotten_document(lease, model, cache, read_once):
    said: list[Any] = []
    with open_session(
        [str(lease)], Options(cache_dir=str(cache), preview=False), model=model
    ) as session:
        events = []
        for event in session.ask(QUESTION):
            events.append(event)
            if isinstance(event, ReadProgress) and event.done == 2048:
                forgetting = forgotten(lease, cache, said)
                while not list((cache / "forgotten").glob("*")):
                    time.sleep(0.01)
    forgetting.join(timeout=20)
    assert not forgetting.is_alive()
    assert events[-1].answer.answer == read_once[2]["answer"]
    assert any("forget" in message for message in warnings(events))
    assert [event.kept for event in events if isinstance(event, ReadProgress)][-1] is False
    assert Store(cache).entries() == []
    found = [
        path.name for path in cache.rglob("*") if path.is_file() and path.parent.name != "forgotten"
    ]
    assert found == [f"{session.answerer.reading.prefiller.key}.lock"]


def test_what_another_process_saved_is_deleted_once_it_lets_go(lease, model, cache):
    waiting: list[Any] = []
    with open_session(
        [str(lease)], Options(cache_dir=str(cache), preview=False), model=model
    ) as session:
        for event in session.read():
            if isinstance(event, ReadProgress) and event.done == 4096 and not waiting:
                session.answerer.reading.prefiller.save_interrupted_prefill()
                forgetting = forgotten(lease, cache, waiting)
                while not waiting:
                    time.sleep(0.01)
    forgetting.join(timeout=20)
    assert Store(cache).entries() == []
    assert list((cache / "states").iterdir()) == []


def test_a_short_text_is_read_without_a_look_at_other_states(model, tmp_path, cache, monkeypatch):
    """A folder of many short files would look through all earlier ones for each: quadratic."""
    looked_at = []
    load = prefill.load_header
    monkeypatch.setattr(prefill, "load_header", lambda at: [looked_at.append(at), load(at)][1])
    texts = [tmp_path / f"{number}.txt" for number in range(4)]
    for number, text in enumerate(texts):
        text.write_text(f"The keeper of unit 7 is paid {40 + number} marks.")
        ask(text, model, cache)
    assert {path.parent for path in looked_at} <= set((cache / "states").iterdir())
    assert len(looked_at) <= len(texts), "each looks at its own state at most"
    again, _ = ask(texts[0], model, cache)
    assert again["usage"]["tokens_reused"] > 0
