"""What does not fit a server's context is made smaller."""

import re
from typing import Any

from chat_server import says

QUESTION = "What does the tenant of unit 7 pay?"


def clauses(body: dict[str, Any]) -> list[str]:
    return re.findall(r"\] Clause (\d+)\.", body["messages"][1]["content"])


def test_no_more_is_sent_than_a_server_says_it_reads(ask_server, server, lease_of, tmp_path):
    started = server(says("119 dollars"))
    started.context = 800
    ask_server(started, lease_of(tmp_path / "long.txt", 12), QUESTION, "--quick")
    assert 0 < len(clauses(started.bodies[0])) < 10
