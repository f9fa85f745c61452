"""Memory in pages of its own: tensors come out as they went in, side by side and apart from
everything else.
"""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from docqa.model.state.pages import (
    ALIGNED,
    LEAST,
    aligned_nbytes,
    allocate_own_pages,
    copy_to_own_pages,
    place_copies,
)

DTYPES = [torch.uint8, torch.int8, torch.float16, torch.float32]
FORMS = st.lists(
    st.tuples(st.lists(st.integers(0, 9), min_size=1, max_size=3), st.sampled_from(DTYPES)),
    max_size=6,
)


@given(forms=FORMS)
def test_tensors_lie_one_after_another_and_do_not_overlap(forms):
    forms = [(tuple(shape), dtype) for shape, dtype in forms]
    tensors = [
        torch.full(shape, number + 1, dtype=dtype) for number, (shape, dtype) in enumerate(forms)
    ]
    sizes = [aligned_nbytes(x.nbytes) for x in tensors]
    places = place_copies(torch.zeros(sum(sizes) + ALIGNED, dtype=torch.uint8), tensors)
    assert [(tuple(x.shape), x.dtype) for x in places] == forms
    assert all((place == number + 1).all() for number, place in enumerate(places))


def test_what_is_moved_is_the_same_and_shares_nothing():
    tensors = [torch.arange(LEAST, dtype=torch.float32), torch.arange(5, dtype=torch.int8)]
    places = copy_to_own_pages(tensors)
    for place, tensor in zip(places, tensors, strict=True):
        assert torch.equal(place, tensor) and place.dtype == tensor.dtype
        tensor.zero_()
        assert place.any()
    small = [torch.zeros(3)]
    assert copy_to_own_pages(small) is small


def test_pages_begin_as_zeros_and_too_many_are_an_error():
    assert not allocate_own_pages(10_000).any()
    with pytest.raises(MemoryError, match="no memory for 4,611,686,018,427,387,904 bytes"):
        allocate_own_pages(1 << 62)
