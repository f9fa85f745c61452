"""What does not fit a server's context is made smaller, and what comes in pieces is put together."""

import json
import re
from email.utils import formatdate
from typing import Any

import pytest
from chat_server import says, send

from docqa.app.answerers.remote.context_limit import ContextLimit, context_limit

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
LLAMA_CPP = "request (1000 tokens) exceeds the available context size (512 tokens), try increasing it"
OPENAI = "This model's maximum context length is 512 tokens. However, your messages resulted in 1000 tokens."


@pytest.mark.parametrize(
    ("said", "context", "prompt"),
    [
        (VLLM, 1024, 1000),
        (SGLANG, 1024, 1000),
        (LLAMA_CPP, 512, 1000),
        (OPENAI, 512, 1000),
        ("'max_tokens' is too large: 4096. This model's maximum context length is 1024 tokens and your request has "
         "1000 input tokens (4096 > 1024 - 1000).", 1024, 1000),
        ("The input (1000 tokens) is longer than the model's context length (512 tokens).", 512, 1000),
        ('{"message": "it exceeds the available context size", "n_prompt_tokens": 1000, "n_ctx": 512}', 512, 1000),
        ("Input length (1000 tokens) exceeds the maximum allowed length (512 tokens).", 512, 1000),
        ("The prompt is too long.", None, None),
    ],
)  # fmt: skip
def test_a_context_error_is_understood_in_every_servers_words(said, context, prompt):
    assert context_limit(said) == ContextLimit(context, prompt)


def test_other_refusals_are_not_about_the_context():
    assert context_limit("'temperature' does not support 0 with this model.") is None


def clauses(body: dict[str, Any]) -> list[str]:
    return re.findall(r"\] Clause (\d+)\.", body["messages"][1]["content"])


@pytest.mark.parametrize("said", [VLLM, SGLANG, LLAMA_CPP, OPENAI, "The prompt is too long."])
def test_what_a_context_has_no_room_for_is_sent_smaller(ask_server, server, lease_of, tmp_path, said):
    def answers(handler: Any) -> None:
        found = re.search(r"\[(\d+)\] Clause 7\. ", handler.bodies[-1]["messages"][1]["content"])
        says(ANSWER.format(number=found[1] if found else 0))(handler)

    started = server(send(400, {"error": {"message": said, "code": 400}}), answers)
    code, out, err = ask_server(started, lease_of(tmp_path / "long.txt", 12), QUESTION, "--json", "--quick")
    first, last = clauses(started.bodies[0]), clauses(started.bodies[-1])
    assert code == 0 and json.loads(out)["answer"] == "The tenant of unit 7 pays 119 dollars."
    assert len(first) > len(last) > 0 and "7" in last and "context" not in err


def test_no_more_is_sent_than_a_server_says_it_reads(ask_server, server, lease_of, tmp_path):
    started = server(says("119 dollars"))
    started.context = 800
    ask_server(started, lease_of(tmp_path / "long.txt", 12), QUESTION, "--quick")
    assert 0 < len(clauses(started.bodies[0])) < 10


def test_a_reply_is_made_shorter_before_less_is_sent(ask_server, server, note):
    said = VLLM.replace("1024", "2048").replace("5096", "4396").replace("1000", "300")
    started = server(send(400, {"error": {"message": said}}), says(ANSWER.format(number=1)))
    code, _, _ = ask_server(started, note, QUESTION, "--json")
    first, second = started.bodies
    assert code == 0 and first["messages"] == second["messages"]
    assert (first["max_tokens"], second["max_tokens"]) == (4096, 2048 - 300 - 16)


def test_a_context_error_within_a_stream_is_one_too(ask_server, server, lease_of, tmp_path):
    error = json.dumps({"code": 400, "message": LLAMA_CPP, "n_prompt_tokens": 1000, "n_ctx": 512})
    started = server(
        send(200, f"error: {error}\n\n", Content_Type="text/event-stream"),
        says("The tenant of unit 7 pays 119 dollars."),
    )
    code, _, _ = ask_server(started, lease_of(tmp_path / "long.txt", 12), QUESTION, "--json", "--quick")
    assert code == 0 and len(clauses(started.bodies[1])) < len(clauses(started.bodies[0]))


def test_a_chunk_cut_in_two_is_put_together(ask_server, server, note):
    whole = json.dumps({"choices": [{"delta": {"content": ANSWER.format(number=1)}, "finish_reason": "stop"}]})
    for cut in (f"data: {whole[:40]}\n{whole[40:]}\n\n", f"data: {whole[:40]}\ndata: {whole[40:]}\n\n"):
        started = server(send(200, cut + "data: [DONE]\n\n", Content_Type="text/event-stream"))
        code, out, _ = ask_server(started, note, QUESTION, "--json")
        assert (code, len(started.bodies)) == (0, 1)
        assert json.loads(out)["answer"] == "The tenant of unit 7 pays 119 dollars."


def test_a_retry_after_that_is_a_date_is_waited_for(ask_server, server, note):
    started = server(send(429, "busy", Retry_After=formatdate(0, usegmt=True)), says(ANSWER.format(number=1)))
    assert ask_server(started, note, QUESTION)[0] == 0 and len(started.bodies) == 2
    far = server(send(429, "busy", Retry_After=formatdate(4_000_000_000, usegmt=True)))
    code, _, err = ask_server(far, note, QUESTION)
    assert code == 4 and "not tried again" in err and len(far.bodies) == 1
