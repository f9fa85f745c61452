"""What does not fit a server's context is made smaller."""

import json
import re
from typing import Any

import pytest
from chat_server import says, send

QUESTION = "What does the tenant of unit 7 pay?"
ANSWER = "The tenant of unit 7 pays 119 dollars [{number}]."
VLLM = (
    "This model's maximum context length is 1024 tokens. However, you requested 5096 tokens (1000 in the messages, "
    "4096 in the completion). Please reduce the length of the messages or completion."
)
SGLANG = (
    "Requested token count exceeds the model's maximum context length of 1024 tokens. You requested a total of 5096 "
    "tokens: 1000 tokens from the input messages and 4096 tokens for the completion."
)
LLAMA_CPP = (
    "request (1000 tokens) exceeds the available context size (512 tokens), try increasing it"
)
OPENAI = "This model's maximum context length is 512 tokens. However, your messages resulted in 1000 tokens."


def clauses(body: dict[str, Any]) -> list[str]:
    return re.findall(r"\] Clause (\d+)\.", body["messages"][1]["content"])


@pytest.mark.parametrize("said", [VLLM, SGLANG, LLAMA_CPP, OPENAI, "The prompt is too long."])
def test_what_a_context_has_no_room_for_is_sent_smaller(
    ask_server, server, lease_of, tmp_path, said
):
    def answers(handler) -> None:
        found = re.search(r"\[(\d+)\] Clause 7\. ", handler.bodies[-1]["messages"][1]["content"])
        says(ANSWER.format(number=found[1] if found else 0))(handler)

    started = server(send(400, {"error": {"message": said, "code": 400}}), answers)
    code, out, err = ask_server(
        started, lease_of(tmp_path / "long.txt", 12), QUESTION, "--json", "--quick"
    )
    first = clauses(started.bodies[0])
    last = clauses(started.bodies[-1])
    assert code == 0 and json.loads(out)["answer"] == "The tenant of unit 7 pays 119 dollars."
    assert len(first) > len(last) > 0 and "7" in last and "context" not in err


def test_no_more_is_sent_than_a_server_says_it_reads(ask_server, server, lease_of, tmp_path):
    started = server(says("119 dollars"))
    started.context = 800
    ask_server(started, lease_of(tmp_path / "long.txt", 12), QUESTION, "--quick")
    assert 0 < len(clauses(started.bodies[0])) < 10


def test_a_context_error_within_a_stream_is_one_too(ask_server, server, lease_of, tmp_path):
    error = json.dumps({"code": 400, "message": LLAMA_CPP, "n_prompt_tokens": 1000, "n_ctx": 512})
    started = server(
        send(200, f"error: {error}\n\n", Content_Type="text/event-stream"),
        says("The tenant of unit 7 pays 119 dollars."),
    )
    code, _, _ = ask_server(
        started, lease_of(tmp_path / "long.txt", 12), QUESTION, "--json", "--quick"
    )
    assert code == 0 and len(clauses(started.bodies[1])) < len(clauses(started.bodies[0]))
