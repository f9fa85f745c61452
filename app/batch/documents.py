"""A document of a batch, and what its record depends on besides its bytes. The model may read a
file name as title: for equal records of equal files one without a title is UNTITLED here, and named
where it is printed."""

from importlib.metadata import version
from pathlib import Path, PurePosixPath

from docqa.app.answer.text import JsonObject
from docqa.app.answerers.remote.address import Address, is_remote
from docqa.app.models.library import bundled
from docqa.app.options import Options
from docqa.app.session.engine import open_session
from docqa.app.session.session import Session
from docqa.app.storage.sources import load_stored, reading_of
from docqa.app.storage.store import Store, sha256_of, store_of
from docqa.ingest.pdf.ocr import is_ocr_available
from docqa.ingest.read import INGEST_VERSION
from docqa.ingest.types import Document
from docqa.model.checkpoints.weights import fingerprint
from docqa.model.errors import ModelNotFound
from docqa.model.protocol import Model

UNTITLED = "Untitled"
NAMELESS = "-"
"""The path of every document at work; outputs put its own in place."""
KEEP_TEXT_FROM_S = 2.0
"""Text that took longer to make is kept; of a folder of small files nothing is worth a look-up."""
KEEP_STATE_FROM_CHARACTERS = 131_072
"""A longer text is read with a state that is kept, so that an interrupted read goes on."""


def read_document(content: bytes, name: str, options: Options, store: Store | None) -> Document:
    """The Document of `content`, a file called `name`. Raises docqa.ingest.errors."""
    return load_stored(name, content, reading_of(options), store, [], keep_from_s=KEEP_TEXT_FROM_S)


def open_session_of_content(
    name: str, content: bytes, options: Options, model: Model | None
) -> Session:
    """A Session of the document in `content`, called `name`, as a member of an archive. Raises as
    ingest does.
    """
    document = read_document(content, PurePosixPath(name).name, options, store_of(options))
    return open_session([document], options, model=model, called=name)


def reading_identity(options: Options) -> JsonObject:
    """Fields of a job's identity: not the threads, machine or password, which change no record.
    Raises docqa.model.errors for a model folder that is none."""
    folder = model_folder(options)
    server = (
        str(Address.from_model_name(str(options.model), options.base_url))
        if is_remote(options.model)
        else None
    )
    calibration = folder / "calibration.json"
    return {
        "model": server or fingerprint(folder),
        "calibration": sha256_of(calibration.read_bytes()) if calibration.is_file() else None,
        "docqa": version("docqa-reader"),
        "ingest": INGEST_VERSION,
        "ocr": is_ocr_available(),
        "include_hidden": options.include_hidden,
        "media_type": options.media_type,
    }


def model_folder(options: Options) -> Path:
    """The folder of the model that answers (bundled for a server's: it counts the tokens). Raises
    ModelNotFound.
    """
    local = options.model is not None and not is_remote(options.model)
    folder = Path(str(options.model)) if local else bundled()
    if not folder.exists():
        raise ModelNotFound(f"there is no model folder {folder}; see `docqa models list`")
    return folder
