"""Errors of the model: each message says what is wrong, where, and what to do next."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ModelError(Exception):
    """Root of everything that the model package raises."""


class ModelNotFound(ModelError):
    """There is no model folder of that name or path."""


class ConfigUnsupported(ModelError):
    """config.json describes an architecture or an option that this runtime does not have."""


class TokenizerUnsupported(ModelError):
    """tokenizer.json is missing, unreadable, or of a kind that cannot be used."""


class WeightsMissing(ModelError):
    """A weight file or a tensor that the architecture needs is not there."""


class WeightsMismatch(ModelError):
    """A tensor has the wrong shape, an unknown name, or its file is damaged."""


@contextmanager
def weight_file_errors(
    path: Path, damage: tuple[type[Exception], ...] = (OSError,)
) -> Iterator[None]:
    """Raises WeightsMissing where `path` is absent, WeightsMismatch for one of `damage`."""
    try:
        yield
    except FileNotFoundError as error:
        raise WeightsMissing(f"{path} is missing; get the model folder again") from error
    except damage as error:
        raise WeightsMismatch(f"{path} is damaged ({error}); get the model folder again") from error


class ContextTooLong(ModelError):
    """The text is longer than the longest context that the model can be stretched to."""


class NoMemory(ModelError):
    """The plan asks for more memory than the machine has."""


class Cancelled(ModelError):
    """The caller asked for a stop between two blocks; what was read before is intact."""


class StateError(ModelError):
    """Root of what can be wrong with a saved state."""


class StateDamaged(StateError):
    """A saved state is incomplete or does not match its checksums."""


class StateForeign(StateError):
    """A saved state belongs to another model, setting or document; the message names the field that
    differs.
    """
