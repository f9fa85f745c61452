"""Messages come through a pipe as they were sent, and whoever waits for one can stop."""

import io
import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docqa.ingest.process.messages import Inbox, receive, send


@given(st.lists(st.binary(max_size=300), max_size=6), st.integers(0, 40))
def test_messages_arrive_whole_and_in_order(messages, lost):
    stream = io.BytesIO()
    for message in messages:
        send(stream, message)
    cut = io.BytesIO(stream.getvalue()[: max(len(stream.getvalue()) - lost, 0)])
    found = []
    with pytest.raises(EOFError):
        while True:
            found.append(receive(cut))
    assert found == (messages if not lost else messages[: len(found)])
    assert lost == 0 or not messages or len(found) < len(messages)


def test_a_made_up_length_is_the_end_and_takes_no_memory():
    with pytest.raises(EOFError):
        receive(io.BytesIO(b"\xff" * 8 + b"short"))


def test_an_inbox_waits_no_longer_than_it_is_told():
    source, sink = os.pipe()
    inbox = Inbox(os.fdopen(source, "rb"))
    with os.fdopen(sink, "wb") as writing:
        started = time.monotonic()
        assert inbox.next(0.05) is None and time.monotonic() - started < 5
        send(writing, b"a page")
        assert inbox.next(30) == b"a page"
    with pytest.raises(EOFError):
        inbox.next(30)
    inbox.close()
