"""`docqa mcp` as a client of the SDK speaks to it."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

mcp = pytest.importorskip("mcp")

QUESTION = "What does the tenant of unit 7 pay to the keeper named Alder7?"
SERVER = ["-m", "docqa.app", "mcp"]
Talk = Callable[[Any], Awaitable[Any]]


@pytest.fixture
def folder(tmp_path: Path, lease_of: Any) -> Path:
    """A folder with two leases that may be read, beside a secret, and links that lead to it."""
    home = tmp_path / "leases"
    (home / "below").mkdir(parents=True)
    lease_of(home / "lease.txt", 30)
    (home / "below" / "short.md").write_text(
        "# 4. Rent\n\nThe rent is 9 dollars.\n\n# 5. Term\n\nIt ends.\n", "utf8"
    )
    secret = tmp_path / "secret" / "secret.txt"
    secret.parent.mkdir()
    secret.write_text("The secret of unit 7 is 4711.\n", encoding="utf-8")
    (home / "link.txt").symlink_to(secret)
    (home / "linked").symlink_to(secret.parent)
    (home / "below" / os.fsdecode(b"no\xff.txt")).write_text("no UTF-8", encoding="utf-8")
    return home


@pytest.fixture
def talk(checkpoint: Path, folder: Path, tmp_path: Path) -> Callable[[Talk], Any]:
    """Function that starts `docqa mcp` over the folder, and gives what a conversation with it
    returns.
    """
    given = {"DOCQA_MODEL": str(checkpoint), "DOCQA_DTYPE": "float32", "DOCQA_THREADS": "1"}
    given |= {"DOCQA_CACHE_DIR": str(tmp_path / "kept"), "PATH": os.environ["PATH"]}
    server = mcp.StdioServerParameters(
        command=sys.executable, args=[*SERVER, str(folder)], env=given, cwd=str(tmp_path)
    )

    def run(conversation: Talk) -> Any:
        async def main() -> Any:
            async with mcp.Client(server) as client:
                return await conversation(client)

        return asyncio.run(asyncio.wait_for(main(), 200))

    return run


def test_every_tool_answers_with_structure_and_cites(talk, folder):
    async def conversation(client: Any) -> list[Any]:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == ["ask", "find", "outline", "read_pages", "verify"]
        assert all(tool.annotations.read_only_hint and tool.output_schema for tool in tools)
        short = "below/short.md"
        return [
            await client.call_tool("ask", {"question": QUESTION, "paths": ["lease.txt"]}),
            await client.call_tool("find", {"pattern": "RENT is", "paths": [short]}),
            await client.call_tool("find", {"pattern": "Alder.", "regex": True, "limit": 3}),
            await client.call_tool("outline", {"path": short, "facts": True}),
            await client.call_tool("read_pages", {"path": short, "section": "4"}),
            await client.call_tool(
                "verify", {"text": 'It says "The rent is 9 dollars" here.', "paths": [short]}
            ),
        ]

    results = talk(conversation)
    assert [result.is_error for result in results] == [False] * 6
    answer, found, many, outline, pages, checked = (result.structured_content for result in results)
    assert answer["status"] == "answered" and answer["quotes"][0]["cites"][0]["file"] == str(
        folder / "lease.txt"
    )
    assert answer["answer"] in results[0].content[0].text
    (hit,) = found["hits"]
    assert hit["text"] == "rent is" and hit["cites"][0]["section"] == "4"
    assert len(many["hits"]) == 3 and many["more"]
    assert [section["title"] for section in outline["documents"][0]["sections"]] == ["Rent", "Term"]
    (sheet,) = outline["sheets"]
    assert sheet["kind"] and {fact["field"] for fact in sheet["facts"]} >= {"title", "date"}
    assert "9 dollars" in pages["pages"][0]["text"] and "It ends" not in pages["pages"][0]["text"]
    assert checked["quotes"][0]["grade"] == "exact"


def test_nothing_outside_of_the_paths_is_read(talk, folder):
    outside = [
        "../secret/secret.txt",
        str(folder.parent / "secret" / "secret.txt"),
        "link.txt",
        "linked/secret.txt",
        "linked",
        "below/../../secret/secret.txt",
        "/etc/passwd",
        "secret/secret.txt",
        "none.txt",
    ]

    async def conversation(client: Any) -> list[Any]:
        refused = [await client.call_tool("read_pages", {"path": path}) for path in outside]
        refused += [
            await client.call_tool("find", {"pattern": "4711", "paths": [path]}) for path in outside
        ]
        refused.append(
            await client.call_tool(
                "ask", {"question": "What is the secret?", "paths": ["link.txt"]}
            )
        )
        return [refused, await client.call_tool("find", {"pattern": "4711"})]

    refused, everywhere = talk(conversation)
    assert all(result.is_error and "4711" not in str(result) for result in refused)
    messages = {
        result.content[0].text.partition(": ")[2].partition(": ")[2].partition(" (")[0]
        for result in refused
    }
    assert messages == {"no such file or folder in the allowed paths"}
    assert everywhere.structured_content["hits"] == []
    told = "\n".join(everywhere.structured_content["left_out"])
    assert "link.txt: it is a link" in told and "below/no\\udcff.txt: its name is not UTF-8" in told


def test_progress_is_told_and_a_cancelled_question_ends(talk):
    async def conversation(client: Any) -> tuple[list[float], Any, Any]:
        told: list[float] = []
        begun = asyncio.Event()

        async def on_progress(done: float, total: float | None, message: str | None) -> None:
            told.append(done)
            begun.set()

        question = {"question": QUESTION, "paths": ["lease.txt"]}
        asked = asyncio.create_task(
            client.call_tool("ask", question, progress_callback=on_progress)
        )
        await begun.wait()
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        found = await client.call_tool("find", {"pattern": "Alder7", "paths": ["lease.txt"]})
        return told, found, await client.call_tool("ask", question, progress_callback=on_progress)

    told, found, answered = talk(conversation)
    assert told == sorted(told) and told[-1] > 0
    assert found.structured_content["hits"]
    assert answered.structured_content["status"] == "answered"


def test_what_is_wrong_or_over_a_limit_is_said_to_the_model(talk, folder):
    (folder / "long.txt").write_text("word " * 900_000, encoding="utf-8")
    (folder / "heads.md").write_text(
        "\n\n".join(f"# {n} Head\n\nText." for n in range(1_500)), encoding="utf-8"
    )
    (folder / "cells.html").write_text(
        "<table>" + "<tr><td>a<td>b<td>c" * 190_000, encoding="utf-8"
    )
    calls = [
        ("ask", {"question": " ", "paths": ["lease.txt"]}, "question is empty"),
        (
            "ask",
            {"question": "Why?", "paths": ["below"], "sections": "9"},
            "there is no section '9'",
        ),
        ("find", {"pattern": "(", "regex": True}, "is not a regular expression"),
        ("read_pages", {"path": "lease.txt", "pages": "99"}, "there is no part '99'"),
        ("read_pages", {"path": "below"}, "this is a folder"),
        (
            "outline",
            {"path": "cells.html"},
            "on the command line, which may take more: `docqa outline FILE`",
        ),
        (
            "find",
            {"pattern": "a" * 5_000},
            "the pattern has 5,000 characters, at most 4,000 are taken",
        ),
        ("find", {"pattern": "(?:" * 1_000 + ")" * 1_000, "regex": True}, "nested too deeply"),
        (
            "verify",
            {"text": '"a" ' * 6_000},
            "the text has 24,000 characters, at most 20,000 are taken",
        ),
        (
            "verify",
            {"text": '"a" ' * 4_900, "paths": ["lease.txt"]},
            "at most 1,000,000 are taken (ask about less)",
        ),
        (
            "read_pages",
            {"path": "long.txt"},
            "over 4,000,000 bytes (use docqa itself, or split the file)",
        ),
    ]

    async def conversation(client: Any) -> list[Any]:
        outline = await client.call_tool("outline", {"path": "heads.md"})
        return [outline, *[await client.call_tool(name, arguments) for name, arguments, _ in calls]]

    outline, *refused = talk(conversation)
    assert (
        outline.structured_content["more"]
        and len(outline.structured_content["documents"][0]["sections"]) == 1_000
    )
    for result, (_, _, message) in zip(refused, calls):
        assert result.is_error and message in result.content[0].text


def test_half_a_character_is_answered_and_a_dead_client_is_no_fault(folder):
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "a", "version": "1"},
    }
    asked = [
        {"id": 1, "method": "initialize", "params": hello},
        {"method": "notifications/initialized"},
    ]
    asked.append(
        {
            "id": 2,
            "method": "tools/call",
            "params": {"name": "find", "arguments": {"pattern": "a\ud83d"}},
        }
    )
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([sys.executable, *SERVER, str(folder)], text=True, **pipes) as server:
        print(
            *(json.dumps({"jsonrpc": "2.0", **each}) for each in asked),
            sep="\n",
            file=server.stdin,
            flush=True,
        )
        answers = [json.loads(server.stdout.readline()) for _ in range(2)]
        server.stdout.close()  # the client dies
        print(json.dumps({"jsonrpc": "2.0", **asked[-1], "id": 3}), file=server.stdin, flush=True)
        server.stdin.close()
        assert (server.stderr.read(), server.wait()) == ("", 0)
    assert answers[1]["id"] == 2 and answers[1]["result"]["structuredContent"]["hits"] == []
