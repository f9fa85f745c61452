"""Whether a known model fits this machine and how long it reads, before anything is fetched."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from docqa.app.output.progress import duration_text, size_text
from docqa.model.cost.machine import total_memory_bytes
from docqa.model.cost.plan import Speed, estimate

from .known import KnownModel

TIMED_LAYERS = 4
"""Three delta layers and one of attention."""
_PROCESS_BYTES = 1 << 29  # Python, torch, the tokenizer, and the working memory of one block


@dataclass(frozen=True)
class Forecast:
    """Of reading `tokens` tokens with a model that is not here, in bytes. `packed`: in 4 bits.
    `seconds`: with all weights in memory. `disk_bytes`: of
    what is kept of the reading."""

    model: str
    tokens: int
    seconds: float
    yarn_factor: float
    download_bytes: int
    memory_bytes: int
    packed_memory_bytes: int
    machine_memory_bytes: int
    free_disk_bytes: int
    disk_bytes: int
    license: str

    @property
    def fits(self) -> str:
        """`as it is`, `packed`, or `no`."""
        if self.download_bytes > self.free_disk_bytes:
            return "no"
        if self.memory_bytes <= self.machine_memory_bytes:
            return "as it is"
        return "packed" if self.packed_memory_bytes <= self.machine_memory_bytes else "no"

    @property
    def verdict(self) -> str:
        lacking = "disk" if self.download_bytes > self.free_disk_bytes else "memory"
        if self.fits == "no":
            return f"does not fit the {lacking} of this machine; --model openai:NAME asks a server that has it"
        pull = f"docqa models pull {self.model}"
        if self.fits == "as it is":
            return f"fits; `{pull}` fetches it"
        return f"fits in 4 bits, not as it comes: `{pull} --bits 4`"

    def lines(self) -> list[str]:
        return [
            f"model        {self.model}, not on this machine: {self.verdict}",
            f"tokens       {self.tokens:,} by the bundled tokenizer",
            f"reading      about {duration_text(self.seconds)}",
            f"download     {size_text(self.download_bytes)}, {size_text(self.free_disk_bytes)} are free",
            f"disk         {size_text(self.disk_bytes)} more for what is kept of the reading",
            f"memory       {size_text(self.memory_bytes)} as it comes, "
            f"{size_text(self.packed_memory_bytes)} in 4 bits, of {size_text(self.machine_memory_bytes)} here",
            f"YaRN factor  {self.yarn_factor:g}",
        ]


def forecast(model: KnownModel, tokens: int, speed: Speed, root: Path) -> Forecast:
    """What `model` takes for `tokens` on this machine of this `speed`. Raises ContextTooLong."""
    expected = estimate(model.config, tokens, speed=speed)
    above = next(place for place in (root, *root.absolute().parents) if place.exists())
    return Forecast(
        model=model.id,
        tokens=tokens,
        seconds=expected.seconds,
        yarn_factor=expected.yarn_factor,
        download_bytes=model.download_bytes,
        memory_bytes=_PROCESS_BYTES + model.memory_bytes(tokens, None),
        packed_memory_bytes=_PROCESS_BYTES + model.memory_bytes(tokens),
        machine_memory_bytes=total_memory_bytes(),
        free_disk_bytes=shutil.disk_usage(above).free,
        disk_bytes=expected.disk_bytes,
        license=model.license,
    )
