"""What a network reads at once: pieces end on the grid, whatever the text's length and place."""

from hypothesis import given
from hypothesis import strategies as st

from docqa.model.network import piece_sizes


@given(count=st.integers(1, 500), position=st.integers(0, 500), block=st.integers(1, 70))
def test_pieces_end_on_the_grid_and_leave_nothing_out(count, position, block):
    sizes = piece_sizes(count, position, block)
    assert sum(sizes) == count and all(0 < size <= block for size in sizes)
    for size in sizes[:-1]:
        position += size
        assert position % block == 0
    assert piece_sizes(count, position, None) == [count]
