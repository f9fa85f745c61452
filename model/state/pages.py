"""Memory in pages of its own for what is kept long, so that the system gets it back, and no gaps
grow between the rest: glibc's gaps were a fifth of what the keys of 200,000 tokens took
(kernels/NOTES.md)."""

import mmap

import torch
from torch import Tensor

ALIGNED = 64  # bytes that every tensor begins at a multiple of
LEAST = 2**16  # bytes from which on whole pages are no waste


def allocate_own_pages(nbytes: int) -> Tensor:
    """uint8 [nbytes] of zeros in pages of their own, freed with the last tensor that views them.
    Raises MemoryError.
    """
    kind = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
    try:
        pages = mmap.mmap(-1, nbytes, **kind)
    except OSError as error:
        raise MemoryError(
            f"no memory for {nbytes:,} bytes ({error}); read fewer documents at a time"
        ) from error
    return torch.frombuffer(pages, dtype=torch.uint8)


def aligned_nbytes(nbytes: int) -> int:
    """The bytes that a tensor takes among others."""
    return -(-nbytes // ALIGNED) * ALIGNED


def place_copies(room: Tensor, tensors: list[Tensor]) -> list[Tensor]:
    """The same tensors, copied one after another into `room`."""
    copies = []
    start = 0
    for x in tensors:
        place = room[start : start + x.nbytes].view(x.dtype).view(x.shape)
        copies.append(place.copy_(x))
        start += aligned_nbytes(x.nbytes)
    return copies


def copy_to_own_pages(tensors: list[Tensor]) -> list[Tensor]:
    """The same tensors in pages of their own; not small ones, nor those off the CPU."""
    if sum(x.nbytes for x in tensors) < LEAST or any(x.device.type != "cpu" for x in tensors):
        return tensors
    room = allocate_own_pages(sum(aligned_nbytes(x.nbytes) for x in tensors))
    return place_copies(room, tensors)
