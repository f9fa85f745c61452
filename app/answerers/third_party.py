"""Third-party models in the roles of the bundled one (`--reader`, `--encoder`, `--reranker`), what
was fitted for them, and the options that an answer depends on."""

import json
from pathlib import Path

from docqa.app.answer.text import JsonObject
from docqa.app.options import Options
from docqa.app.storage.store import sha256_of
from docqa.model.foreign.folder import ROLES, model_stamp


def third_party_models(options: Options) -> dict[str, str]:
    """Their names by role, each with a checksum of its files. Raises ConfigUnsupported."""
    return {
        role: model_stamp(Path(folder), role)
        for role in ROLES
        if (folder := getattr(options, role)) is not None
    }


def third_party_calibration_path(options: Options) -> Path | None:
    """Where `docqa eval --fit` keeps what it fitted for these models; None without any."""
    models = third_party_models(options)
    if not models or options.cache_dir is None:
        return None
    key = sha256_of(json.dumps(models, sort_keys=True).encode())[:16]
    return Path(options.cache_dir).expanduser() / "calibrations" / f"{key}.json"


def options_for_provenance(options: Options) -> JsonObject:
    """The options that an answer depends on, for its provenance."""
    recorded: JsonObject = {
        name: getattr(options, name) for name in ("k", "quick", "include_hidden", "model_scores")
    }
    if options.sections is not None:
        recorded["sections"] = options.sections
    fitted = third_party_calibration_path(options)
    if fitted and fitted.is_file():
        recorded["fitted"] = sha256_of(fitted.read_bytes())[:16]
    return recorded | third_party_models(options)
