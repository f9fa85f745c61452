"""A process that does tasks: the job comes as first message, then an item a message; an Outcome goes
back for each. It ends when its parent is gone or closes its input; an interrupt keeps what was
read."""

import json
import os
import signal
import sys

from docqa.ingest.process.messages import Inbox, pipes_of_child, send

from ..items import BatchItem
from ..jobs import Outcome, attempt, make_job, prepare

READY = "ready"


def main() -> int:
    """Returns 0 when there is nothing more to do, 130 after an interrupt."""
    incoming, outgoing = pipes_of_child()
    for name in ("SIGINT", "SIGBREAK"):  # the second is how Windows interrupts one process alone
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    inbox = Inbox(incoming, on_end=lambda: os._exit(0))
    try:
        job = make_job(json.loads(inbox.wait()))
        fatal = prepare(job)
        send(outgoing, (Outcome(fatal=fatal).to_json() if fatal else READY).encode())
        while not fatal:
            item = BatchItem(**json.loads(inbox.wait()))
            send(outgoing, attempt(job, item, lambda event: None).to_json().encode())
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
