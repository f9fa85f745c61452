"""Every test: no network, an own cache and config folder, no settings from outside."""

import importlib.util
import os
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

REPOSITORY = Path(__file__).resolve().parent.parent
OFFLINE = Path(__file__).resolve().parent / "offline"


if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault(
        "OMP_NUM_THREADS", "1"
    )  # each worker has a core; threads that wait would take the others'


# How long it takes to make inputs says what else the machine does.
settings.register_profile("docqa", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("docqa")


def _module(name: str, path: Path) -> ModuleType:
    """The module in a file beside the tests, run."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _go_offline() -> None:
    """Refuse connections here, and through PYTHONPATH in every Python that a test starts."""
    _module("docqa_tests_offline", OFFLINE / "sitecustomize.py")
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, (str(OFFLINE), os.environ.get("PYTHONPATH")))
    )


_go_offline()


@pytest.fixture(scope="session")
def tiny_reader() -> ModuleType:
    """tiny_reader.py beside this file: readers of random weights."""
    return _module("tiny_reader", Path(__file__).parent / "tiny_reader.py")


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own, and none of the settings of whoever runs it. Returns the
    cache folder.
    """
    for name in [name for name in os.environ if name.startswith("DOCQA_")]:
        monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("DOCQA_CACHE_DIR", str(home / "cache"))
    monkeypatch.setenv("DOCQA_CONFIG", str(home / "config.toml"))
    monkeypatch.setenv("COLUMNS", "100")
    return home / "cache"


class QuietServer(ThreadingHTTPServer):
    """A client that hangs up in the middle is what some tests are about: no traceback on standard
    error for it.
    """

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@pytest.fixture
def loopback(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[type[BaseHTTPRequestHandler]], str]]:
    """Function(handler class) -> URL of a server on this machine, the only place that the test may
    connect to.
    """
    servers: list[QuietServer] = []

    def serve(handler: type[BaseHTTPRequestHandler]) -> str:
        server = QuietServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        monkeypatch.setenv("OFFLINE_LOOPBACK", str(server.server_port))
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds pyproject.toml."""
    return REPOSITORY


@pytest.fixture(scope="session")
def sample_docs() -> Path:
    """The documents written for this project."""
    return REPOSITORY / "sample_docs"


@pytest.fixture(scope="session")
def python() -> str:
    """The interpreter that tests start processes with."""
    return sys.executable
