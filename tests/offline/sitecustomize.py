"""No process of the tests, nor child (PYTHONPATH), may connect but to a port of this machine in
OFFLINE_LOOPBACK.
"""

import os
import sys

REFUSED = (
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.sendto",
    "urllib.Request",
)


def _refuse(event: str, args: tuple[object, ...]) -> None:
    log = os.environ.get("OFFLINE_LOG")
    if log and event == "socket.__new__" and args[1] != 1:  # 1: AF_UNIX
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{event} {args[1:]!r}\n")
    if event not in REFUSED:
        return
    if event == "socket.connect" and isinstance(args[1], (str, bytes)):
        return  # a Unix socket: processes of this machine, as multiprocessing uses
    port = os.environ.get("OFFLINE_LOOPBACK")
    place = args[1] if event == "socket.connect" else args[:2]
    if port and isinstance(place, tuple) and (place[0], str(place[1])) == ("127.0.0.1", port):
        return
    raise PermissionError(
        f"the test suite is offline, but something asked for {event} {args[1:]!r}"
    )


sys.addaudithook(_refuse)
