"""Forks of a process that reads."""

import sys

import pytest

from docqa.ingest.process.forks import end_fork, memory_share, start_fork

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks only on Linux")


def test_a_fork_has_only_its_share_of_the_memory():
    process, pipe = start_fork(lambda out: out.send_bytes(bytes(3 * 2**30)[:1]), memory_share(2))
    with pytest.raises(EOFError):
        pipe.recv_bytes()
    pipe.close()
    end_fork(process)
