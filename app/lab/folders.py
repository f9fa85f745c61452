"""How long questions about a folder take: the first one, when nothing was read, a second one, and
one with a new file.

    python -m docqa.app.lab.folders FOLDER NEW_FILE QUESTION QUESTION

Each question is asked of all files together by a session of its own over one empty cache. Printed,
as JSON: seconds to the first file's answer and to the whole, tokens read, with the processor and
the load.
"""

import argparse
import json
import os
import tempfile
import time

from docqa.app import Options, open_session
from docqa.app.answer.events import DocumentAnswered, Finished
from docqa.app.lab.bench.machine import describe


def ask(paths: list[str], question: str) -> dict[str, object]:
    """Seconds, from the paths on, to the first file's answer (None where no file gave one) and to
    the end.
    """
    started = time.monotonic()
    first = None
    read = 0
    with open_session(paths, Options(preview=False)) as session:
        for event in session.ask(question):
            if isinstance(event, DocumentAnswered) and first is None:
                first = round(time.monotonic() - started, 2)
            elif isinstance(event, Finished):
                read = event.answer.usage.tokens_read
    return {
        "question": question,
        "first_s": first,
        "all_s": round(time.monotonic() - started, 2),
        "tokens_read": read,
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Time questions about a folder.")
    parser.add_argument("folder")
    parser.add_argument("new_file")
    parser.add_argument("questions", nargs=2)
    given = parser.parse_args(arguments)
    print(json.dumps(describe()))
    with tempfile.TemporaryDirectory() as cache:
        os.environ["DOCQA_CACHE_DIR"] = cache
        first, second = given.questions
        for new, question in (([], first), ([], second), ([given.new_file], second)):
            print(json.dumps(ask([given.folder, *new], question)), flush=True)


if __name__ == "__main__":
    main()
