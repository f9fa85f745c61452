"""Arrays that are kept: mapped from their file as they were written."""

import numpy as np
import pytest

from docqa.app.errors import StoreDamagedError
from docqa.app.storage.arrays import mapped, to_bytes


def test_arrays_come_back_as_views_of_the_mapped_file(tmp_path):
    arrays = {
        "none": np.zeros(0, np.int32),
        "bytes": np.frombuffer(b"abc", np.uint8),
        "ids": np.arange(-3, 7, dtype=np.int32),
    }
    file = tmp_path / "a.safetensors"
    file.write_bytes(to_bytes(arrays))
    found, _ = mapped(file)
    assert found.keys() == arrays.keys()
    for name, values in arrays.items():
        assert found[name].dtype == values.dtype and np.array_equal(found[name], values)
        assert not found[name].flags.owndata and not found[name].flags.writeable


@pytest.mark.parametrize(
    "data", [b"x", b"\xff" * 40, to_bytes({"a": np.zeros(1000, np.int32)})[:300]]
)
def test_what_is_no_file_of_arrays_is_damage(tmp_path, data):
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(StoreDamagedError, match="no file of arrays"):
        mapped(tmp_path / "a")
