"""Parts of torch that are imported only when something of them is asked for.

`import torch` runs a thousand modules; a third of that time goes to registrations for torch.compile and torch.export,
of which an answer uses nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

# Those that torch/__init__.py imports for what they register: shapes of results for tensors without content, and
# kernels in other languages than its own.
OF_TORCH = (
    "torch._meta_registrations", "torch.distributed._meta_registrations", "torch.export", "torch._native",
)  # fmt: skip


class DeferredModule(ModuleType):
    """Looks like a module that was imported; becomes it when a name is asked for that it does not have yet."""

    def __getattr__(self, name: str) -> object:
        loader = self.__dict__.get("_loader")
        if loader is None or name.startswith("__"):  # the import system asks for such names
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        del self.__dict__["_loader"]
        self.__class__ = ModuleType  # type: ignore[assignment]
        loader.exec_module(self)
        return getattr(self, name)


class _Deferring(Loader):
    """Makes a module that keeps its real loader for later."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return DeferredModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["_loader"] = self._loader


class _DeferringFinder(MetaPathFinder):
    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname in self._names else None
        if spec is not None and spec.loader is not None:
            spec.loader = _Deferring(spec.loader)
        return spec


@contextmanager
def deferred(names: Sequence[str]) -> Iterator[None]:
    """Modules `names` whose first import is inside are run when they are first used."""
    finder = _DeferringFinder(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
