"""A hub on this machine: the part of its API that `docqa models pull` uses, with faults that a test
asks for.
"""

import hashlib
import json
import re
from collections import Counter
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(BaseHTTPRequestHandler):
    """Serves `folder` as org/tiny. `cuts`: after how many bytes a file's next connections end;
    `wrong`: bad bytes.
    """

    protocol_version = "HTTP/1.1"
    folder: Path
    cuts: dict[str, list[int]] = {}
    wrong: set[str] = set()
    ranges: list[tuple[str, str | None]] = []
    asked: Counter[str] = Counter()
    lies: dict[str, str] = {}

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if match := re.fullmatch(r"/api/models/org/tiny(?:/revision/(.+))?", path):
            self._info(match[1] or "main")
        elif match := re.fullmatch(rf"/org/tiny/resolve/{COMMIT}/(.+\.safetensors)", path):
            self._json(302, {}, Location=f"/cdn/{match[1]}")  # as the hub does with large files
        elif match := re.fullmatch(rf"(?:/org/tiny/resolve/{COMMIT}|/cdn)/(.+)", path):
            self._file(match[1])
        elif path.startswith("/api/models/org/gated"):
            self._json(403, {"error": "Access to it is restricted"}, X_Error_Code="GatedRepo")
        else:
            self._json(404, {"error": "Repository not found"}, X_Error_Code="RepoNotFound")

    def _info(self, revision: str) -> None:
        self.asked["info"] += 1
        if revision not in ("main", "v1", COMMIT):
            self._json(404, {"error": "Invalid rev id"}, X_Error_Code="RevisionNotFound")
            return
        siblings = [
            self._sibling(path) for path in sorted(self.folder.rglob("*")) if path.is_file()
        ]
        self._json(200, {"id": "org/tiny", "sha": COMMIT, "siblings": siblings})

    def _sibling(self, path: Path) -> dict[str, Any]:
        data = path.read_bytes()
        entry = {
            "rfilename": path.relative_to(self.folder).as_posix(),
            "size": len(data),
        }
        entry["blobId"] = hashlib.sha1(
            b"blob %d\0" % len(data) + data, usedforsecurity=False
        ).hexdigest()
        if path.suffix == ".safetensors":
            sha256 = self.lies.get(path.name, hashlib.sha256(data).hexdigest())
            entry["lfs"] = {"size": len(data), "sha256": sha256, "pointerSize": 130}
        return entry

    def _file(self, name: str) -> None:
        self.asked[name] += 1
        data = (self.folder / name).read_bytes()
        if name in self.wrong:
            data = data[:-1] + bytes([data[-1] ^ 1])
        asked = self.headers.get("Range")
        self.ranges.append((name, asked))
        start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked else 0  # type: ignore[index]
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        cuts = self.cuts.get(name)
        if cuts:
            self.wfile.write(data[start : start + cuts.pop(0)])
            self.wfile.flush()
            self.close_connection = True
            self.connection.close()
        else:
            self.wfile.write(data[start:])

    def _json(self, status: int, value, **headers: str) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        for name, content in headers.items():
            self.send_header(name.replace("_", "-"), content)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_) -> None:
        return
