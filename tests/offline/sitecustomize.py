"""No process of the test suite may open a connection: an audit hook that refuses, in children too (PYTHONPATH)."""

import sys

REFUSED = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request")


def _refuse(event: str, args: tuple[object, ...]) -> None:
    if event not in REFUSED:
        return
    if event == "socket.connect" and isinstance(args[1], (str, bytes)):
        return  # a Unix socket: processes of this machine, as multiprocessing uses
    raise PermissionError(f"the test suite is offline, but something asked for {event} {args[1:]!r}")


sys.addaudithook(_refuse)
