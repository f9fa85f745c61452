"""The kernels for ARM, cross-compiled and emulated: bit for bit those of AVX2, which other tests
judge.
"""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from docqa.kernels.cpu.library import FILE, LEVELS

CROSS = "aarch64-linux-gnu-g++"
EMULATOR = "qemu-aarch64"
SOURCES = FILE.parent
FLAGS = ["-std=c++17", "-O3", "-fopenmp", "-fno-math-errno", "-ffp-contract=off", f"-I{SOURCES}"]
DRIVER = Path(__file__).with_name("driver.cpp")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not all(map(shutil.which, (CROSS, EMULATOR, "g++"))),
        reason="needs g++, g++-aarch64-linux-gnu and qemu-user",
    ),
]


def _built(folder: Path, compiler: str, level: str, flags: list[str], *more: str) -> Path:
    """The driver with one level of instructions."""
    program = folder / level
    objects = []
    for source, some in ((SOURCES / f"{level}.cpp", flags), (SOURCES / "api.cpp", [])):
        objects.append(str(folder / f"{level}-{source.stem}.o"))
        subprocess.run([compiler, *FLAGS, *some, "-c", str(source), "-o", objects[-1]], check=True)
    subprocess.run([compiler, *FLAGS, *more, str(DRIVER), *objects, "-o", str(program)], check=True)
    return program


def _outputs(*command: str) -> list[tuple[str, np.ndarray]]:
    """What the driver writes: names, and floats as whole numbers of their bits."""
    data = subprocess.run(command, capture_output=True, check=True).stdout
    found = []
    while data:
        line, _, rest = data.partition(b"\n")
        name, count = line.split()
        size = 4 * int(count)
        found.append((name.decode(), np.frombuffer(rest[:size], np.uint32)))
        data = rest[size:]
    return found


def test_kernels_on_arm_give_the_bits_of_avx2(tmp_path):
    plain = _built(tmp_path, "g++", "level_avx2", ["-mavx2", "-mfma", "-mf16c"])
    arm = _built(
        tmp_path, CROSS, "level_neon", ["-march=armv8.2-a+dotprod+fp16", "-Wno-psabi"], "-static"
    )
    wanted = _outputs(str(plain), str(LEVELS.index("AVX2")))
    got = _outputs(EMULATOR, str(arm))
    assert [name for name, _ in got] == [name for name, _ in wanted]
    assert len(wanted) == 56
    assert [
        name for (name, a), (_, b) in zip(wanted, got, strict=True) if not np.array_equal(a, b)
    ] == []
    assert all(np.isfinite(bits.view(np.float32)).all() and bits.any() for _, bits in wanted)
