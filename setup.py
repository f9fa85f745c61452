"""Builds the native kernels beside the Python files; everything else about the package is in
pyproject.toml.

kernels/cpu/level_*.cpp are compiled for one instruction set each, and the library chooses among
them when it runs: no part of a wheel depends on the processor it is built on. The package installs
without the library where there is no C++ compiler, on Windows, and for processors other than x86-64
and ARM; `docqa doctor` says so.

The gradients that training needs (model/training/gradients) are built for this processor alone,
and only by `pip install -e .`.
"""

from __future__ import annotations

import os
import platform
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from setuptools import Extension, find_packages, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError, CompileError, LinkError

NOT_SHIPPED = ("app.lab", "model.training")  # they run from a clone, after `pip install -e .`
FAILURES = (
    BaseError,
    CompileError,
    LinkError,
)  # of a compiler; the two latter are no kind of the first
NATIVE = "docqa.kernels.cpu._native"
GRADIENTS = "docqa.model.training.gradients._gradients"
SOURCES = Path("kernels") / "cpu"
COMMON = [
    "-std=c++17",
    "-O3",
    "-g0",
    "-fPIC",
    "-fno-math-errno",
    "-ffp-contract=off",
    "-fvisibility=hidden",
    "-Wno-unused-function",
]
AVX2 = ["-mavx2", "-mfma", "-mf16c"]
AVX512 = [*AVX2, "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl"]
# source, its flags, and the name that api.cpp knows it by; an older compiler may lack the later
# ones
ON_X86 = {
    "level_avx2.cpp": (AVX2, None),
    "level_avx512.cpp": (AVX512, "HAVE_AVX512"),
    "level_vnni.cpp": ([*AVX512, "-mavx512vnni"], "HAVE_VNNI"),
    "level_bf16.cpp": ([*AVX512, "-mavx512vnni", "-mavx512bf16"], "HAVE_BF16"),
    "level_amx.cpp": (
        [*AVX512, "-mavx512vnni", "-mavx512bf16", "-mamx-tile", "-mamx-int8", "-mamx-bf16"],
        "HAVE_AMX",
    ),
}

ON_ARM = {"level_neon.cpp": (["-march=armv8.2-a+dotprod+fp16", "-Wno-psabi"], None)}
# With OpenMP, or with kernels on one thread where the compiler has none. So on macOS too: torch
# brings an OpenMP of its own there, which ends a process that loads a second one.
OPENMP: list[list[str]] = [[]] if sys.platform == "darwin" else [["-fopenmp"], []]


def levels() -> dict[str, tuple[list[str], str | None]]:
    """The sources for this processor; none where there are no kernels for it."""
    machine = platform.machine().lower()
    if sys.platform == "linux" and machine in ("x86_64", "amd64"):
        return ON_X86
    return ON_ARM if sys.platform in ("linux", "darwin") and machine in ("aarch64", "arm64") else {}


class BuildNative(build_ext):
    """One plain shared library for ctypes: no Python symbols, so one file serves every Python
    version.
    """

    def get_ext_filename(self, fullname: str) -> str:
        return str(Path(*fullname.split("."))) + ".so"

    def get_export_symbols(self, ext: Extension) -> list[str]:
        return []

    def finalize_options(self) -> None:
        super().finalize_options()
        if not self.inplace:  # a wheel, not an editable install
            self.extensions = [ext for ext in self.extensions if ext.name != GRADIENTS]

    def build_extension(self, ext: Extension) -> None:
        target = Path(self.get_ext_fullpath(ext.name))
        target.parent.mkdir(parents=True, exist_ok=True)
        for openmp in OPENMP:
            try:
                objects = (
                    self._gradients(openmp) if ext.name == GRADIENTS else self._objects(openmp)
                )
                self.compiler.link_shared_object(
                    objects, str(target), extra_postargs=openmp, target_lang="c++"
                )
                return
            except FAILURES:
                if not openmp:
                    raise

    def _objects(self, parallel: list[str]) -> list[str]:
        """Those of the levels that the compiler can do, compiled side by side; a later one needs
        more of it.
        """
        objects = []
        known = []
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            begun = [
                (name, pool.submit(self._compile, SOURCES / source, [*parallel, *flags]))
                for source, (flags, name) in levels().items()
            ]
        for name, compiled in begun:
            try:
                objects += compiled.result()
            except FAILURES:
                if name is None:
                    raise
                break
            known += [f"-D{name}"] if name is not None else []
        return objects + self._compile(SOURCES / "api.cpp", [*parallel, *known])

    def _gradients(self, parallel: list[str]) -> list[str]:
        source = Path("model", "training", "gradients", "gradients.cpp")
        processor = ON_ARM["level_neon.cpp"][0] if levels() is ON_ARM else ["-march=native"]
        return self._compile(source, [*parallel, *processor, f"-I{SOURCES}"])

    def _compile(self, source: Path, flags: list[str]) -> list[str]:
        return self.compiler.compile(
            [str(source)], output_dir=self.build_temp, extra_postargs=[*COMMON, *flags]
        )


class WheelForEveryPython(bdist_wheel):
    """The wheel is for one platform, because of the library, but for every Python 3."""

    def get_tag(self) -> tuple[str, str, str]:
        _, _, plat = super().get_tag()
        return "py3", "none", plat


def packages() -> list[str]:
    """Every folder with an `__init__.py` but NOT_SHIPPED; that of `docqa` itself is app/package."""
    roots = ("app", "ingest", "kernels", "model")
    found = (
        name
        for root in roots
        for name in (root, *(f"{root}.{below}" for below in find_packages(root)))
    )
    left_out = tuple(f"{name}." for name in (*NOT_SHIPPED, "app.package"))
    return ["docqa", *(f"docqa.{name}" for name in found if not f"{name}.".startswith(left_out))]


libraries = (NATIVE, GRADIENTS) if levels() else ()
setup(
    packages=packages(),
    ext_modules=[Extension(name, sources=[], optional=True, language="c++") for name in libraries],
    cmdclass={"build_ext": BuildNative, "bdist_wheel": WheelForEveryPython},
)
