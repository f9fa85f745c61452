"""Parts of one piece of work done by forks, and what becomes of a part whose fork does not come back."""

import os
import sys
from functools import partial

import pytest

from docqa.ingest.process.forks import do_together, end_fork, memory_share, parts_of, start_fork

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks only on Linux")


def test_parts_come_back_in_order_from_processes_of_their_own():
    done = do_together([lambda number=number: (number, os.getpid()) for number in range(3)], processes=2)
    assert [number for number, _ in done] == [0, 1, 2]
    assert done[0][1] == os.getpid() and len({process for _, process in done}) == 3
    assert {process for _, process in do_together([lambda: (0, os.getpid())] * 2, processes=1)} == {os.getpid()}


@pytest.mark.parametrize("end", [os.abort, partial(exec, "raise MemoryError")])
def test_what_a_fork_does_not_bring_back_is_done_here(end):
    here = os.getpid()

    def task() -> int:
        if os.getpid() != here:
            end()  # type: ignore[operator]
        return os.getpid()

    assert do_together([task, task, task], processes=2) == [here] * 3


def test_an_error_of_the_work_itself_is_that_of_one_process():
    with pytest.raises(ZeroDivisionError):
        do_together([lambda: 1, lambda: 1 // 0], processes=2)


def test_a_fork_has_only_its_share_of_the_memory():
    process, pipe = start_fork(lambda out: out.send_bytes(bytes(3 * 2**30)[:1]), memory_share(2))
    with pytest.raises(EOFError):
        pipe.recv_bytes()
    pipe.close()
    end_fork(process)


def test_parts_are_of_one_length_and_lose_nothing():
    assert parts_of([], 2) == []
    assert parts_of(range(5), 2) == [range(3), range(3, 5)]
    assert [list(part) for part in parts_of([1, 2], 8)] == [[1], [2]]
