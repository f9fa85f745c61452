"""Exit codes and messages, from the four error trees and from the system."""

import errno
import io
import json
import os
import sys

import pytest

from docqa.app import report
from docqa.app.errors import AppError, InputError, ResourceError, UsageError
from docqa.ingest.errors import ERRORS, IngestError
from docqa.kernels.errors import NoImplementation
from docqa.model.errors import (
    Cancelled,
    ContextTooLong,
    ModelNotFound,
    NoMemory,
    WeightsMismatch,
)


@pytest.mark.parametrize("kind", ERRORS.values())
def test_every_error_of_a_document_is_3(kind):
    assert report.exit_code(kind("it is broken")) == 3


@pytest.mark.parametrize("kind", [AppError, IngestError])
def test_errors_say_what_where_and_what_to_do_in_one_form(kind):
    error = kind("it is broken", where="a.pdf", hint="Mend it")
    assert (error.message, error.where, error.hint) == ("it is broken", "a.pdf", "Mend it")
    assert str(error).startswith("a.pdf: it is broken") and "Mend it" in str(error)
    with pytest.raises(TypeError):
        kind("it is broken", "a.pdf", "Mend it")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("no question"), 2),
        (InputError("not there"), 3),
        (ContextTooLong("2,000,000 tokens are more than 1,048,576"), 3),
        (ResourceError("no room"), 4),
        (ModelNotFound("no such model"), 4),
        (WeightsMismatch("damaged"), 4),
        (NoMemory("needs 90 GiB, has 8"), 4),
        (NoImplementation("delta on this device"), 4),
        (OSError(errno.ENOSPC, "No space left on device"), 4),
        (MemoryError(), 4),
        (
            RuntimeError(
                "DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes"
            ),
            4,
        ),
        (Cancelled("asked to stop"), 130),
        (KeyboardInterrupt(), 130),
        (RuntimeError("something else"), 1),
    ],
)
def test_each_kind_of_error_has_the_exit_code_of_the_contract(error, code):
    assert report.exit_code(error) == code


@pytest.mark.parametrize(
    ("codes", "worst"),
    [
        ([0, 5, 0], 5),
        ([5, 3], 3),
        ([0, 3, 4, 5], 4),
        ([0, 0], 0),
        ([], 0),
        ([0, 2], 2),
        ([4, 130], 130),
    ],
)
def test_of_several_answers_the_worst_status_stands(codes, worst):
    assert report.worst_exit_code(codes) == worst


def test_a_full_disk_says_how_to_make_room():
    text = report.error_message(OSError(errno.ENOSPC, "No space left on device", "/kept/states"))
    assert text.startswith("/kept/states: No space left on device")
    assert "docqa cache prune" in text


def test_a_failure_is_one_line_on_stderr_and_nothing_on_stdout(capsys):
    assert report.report_failure(UsageError("the question is empty", hint="write one")) == 2
    assert capsys.readouterr() == ("", "docqa: the question is empty (write one)\n")


def test_nothing_that_a_terminal_obeys_reaches_it(capsys):
    name = "a\x1b[2J\x9b31m\u202eb\ndocqa: all is well.pdf"
    report.report_failure(InputError("it is broken", where=name, hint="Mend it"))
    report.report_failure(OSError(errno.EIO, "Input/output error", name))
    report.warn(f"{name}: it is old")
    report.report_usage_error(f"no such file {name}")
    report.note(f"{name}: no headings")
    written = capsys.readouterr().err
    assert not any(mark in written for mark in ("\x1b", "\x9b", "\u202e"))
    assert [line.startswith("docqa: ") for line in written.splitlines()[:4]] == [True] * 4


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_bytes_of_a_name_that_are_not_utf8_are_json(errors, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors=errors)
    monkeypatch.setattr(sys, "stdout", stream)
    report.escape_unencodable()
    name = os.fsdecode(b"caf\xe9.txt")
    report.result(json.dumps({"file": name}, ensure_ascii=False))
    assert json.loads(stream.buffer.getvalue().decode("utf-8")) == {"file": name}  # type: ignore[attr-defined]
