"""A small checkpoint of a run: what it changed of the reader that ships, so that another machine
can go on from it.

Matrices are kept as their difference from the shipped ones, in 4 bits a number, which errs far less
than the 4 bits in which the matrices themselves ship. The optimizer's moments are left out: the
rate rises again.
"""

from pathlib import Path

from docqa.model.errors import WeightsMismatch
from docqa.model.training.loop import TrainingRun, save_tensors

from .reader_files import dense_form, load_dense, stored_form

COUNTERS = ("step", "tokens")


def save_resume(run: TrainingRun, shipped: Path, path: Path) -> None:
    """Write the averaged weights of a run beside those of the reader in the folder `shipped`."""
    before = dict(load_dense(shipped).named_parameters())
    changed = {
        name: part.cpu() - before[name] if _is_moved(name) else part
        for name, part in run.average.items()
    }
    save_tensors(path, stored_form(changed), {name: str(getattr(run, name)) for name in COUNTERS})


def restore(run: TrainingRun, shipped: Path, path: Path) -> None:
    """Go on from a file of `save_resume`. Raises WeightsMismatch where it is of other weights."""
    from safetensors import safe_open

    before = dict(load_dense(shipped).named_parameters())
    with safe_open(path, "pt") as file:
        parts = dense_form({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118 - not a dict
        counters = {name: int(text) for name, text in file.metadata().items()}
    if parts.keys() != run.trained.keys():
        raise WeightsMismatch(f"{path}: other weights than this run trains; start without it")
    weights = {
        name: part + before[name].detach() if _is_moved(name) else part
        for name, part in parts.items()
    }
    run.go_on_from(weights, counters["step"], counters["tokens"])


def _is_moved(name: str) -> bool:
    return name.startswith("encoder.")
