"""What records depend on besides the bytes of a document: the model, how files are read, the version of docqa."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from docqa.app.batch.protocol import Json

if TYPE_CHECKING:
    from docqa.app.options import Options


def reading_identity(options: Options) -> Json:
    """Fields of a job's identity. The number of threads and the machine are not among them: all may help.

    Neither is the password: a document that it opened is not another one. Raises docqa.model.errors for a model folder
    that is none.
    """
    from importlib.metadata import version

    from docqa.app.answerers.remote.address import is_remote
    from docqa.ingest.pdf.ocr import available
    from docqa.ingest.read import INGEST_VERSION
    from docqa.model.checkpoints.weights import fingerprint

    folder = model_folder(options)
    server = f"{options.model} at {options.base_url}" if is_remote(options.model) else None
    calibration = folder / "calibration.json"
    return {
        "model": server or fingerprint(folder),
        "calibration": hashlib.sha256(calibration.read_bytes()).hexdigest() if calibration.is_file() else None,
        "docqa": version("docqa-reader"),
        "ingest": INGEST_VERSION,
        "ocr": available(),
        "include_hidden": options.include_hidden,
        "media_type": options.media_type,
    }


def model_folder(options: Options) -> Path:
    """The folder of the model that answers, for a server's the bundled one, which counts its tokens.

    Raises ModelNotFound.
    """
    import docqa.model
    from docqa.app.answerers.remote.address import is_remote
    from docqa.model.errors import ModelNotFound

    local = options.model is not None and not is_remote(options.model)
    folder = Path(str(options.model)) if local else Path(docqa.model.__file__).parent / "bundled"
    if not folder.exists():
        raise ModelNotFound(f"there is no model folder {folder}; see `docqa models list`")
    return folder
