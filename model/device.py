"""The device that a network computes on, and what a user may ask for."""

from typing import TYPE_CHECKING

from .cost.machine import available_memory_bytes
from .errors import ConfigUnsupported, NoMemory

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")
_MOST_SHARE = (
    0.9  # of the card's free memory that weights may take; states and activations need some too
)


def device_for_name(asked: str) -> "torch.device":
    """The device for one of DEVICES; `auto` is the processor: docqa was never run on a card, so
    users have to ask. Raises ConfigUnsupported for another name, or a device that this machine or
    build of torch lacks."""
    import torch

    if asked not in DEVICES:
        raise ConfigUnsupported(f"device '{asked}' is not known; one of {', '.join(DEVICES)}")
    if asked == "cuda" and not torch.cuda.is_available():
        built = "" if torch.version.cuda else f" torch {torch.__version__} was built without CUDA."
        raise ConfigUnsupported(
            f"there is no NVIDIA card that torch can use.{built} Leave --device out, or say cpu"
        )
    if asked == "mps" and not torch.backends.mps.is_available():
        raise ConfigUnsupported(
            "torch finds no Apple graphics processor. Leave --device out, or say cpu"
        )
    return torch.device("cpu" if asked == "auto" else asked)


def device_description(device: "torch.device") -> str:
    """What computes, in words: results depend on it."""
    import torch

    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def check_device_memory(device: "torch.device", weights_bytes: int, where: str) -> None:
    """Raises ConfigUnsupported where a card has too little free memory for weights of so many
    bytes.
    """
    import torch

    if device.type != "cuda":
        return
    free, _ = torch.cuda.mem_get_info(device)
    if weights_bytes > _MOST_SHARE * free:
        raise ConfigUnsupported(
            f"{where}: the weights take {weights_bytes / 2**30:.1f} GiB and {device_description(device)} has "
            f"{free / 2**30:.1f} GiB free; use --device cpu, or a smaller model"
        )


def check_free_memory(weights_bytes: int, where: str) -> None:
    """Raises NoMemory where this machine has less free memory than weights of so many bytes."""
    free = available_memory_bytes()
    if weights_bytes > free:
        raise NoMemory(
            f"{where}: the weights need {weights_bytes / 2**30:.1f} GiB and {free / 2**30:.1f} GiB are free; "
            "take a GGUF file quantized to fewer bits, or llama.cpp's server with --model llamacpp:NAME"
        )
