"""What a shell offers after an option or argument; where nothing fits it offers files."""

from collections.abc import Callable


def one_of(*values: str) -> Callable[[str], list[str]]:
    return lambda incomplete: [value for value in values if value.startswith(incomplete)]


def models(incomplete: str) -> list[str]:
    from docqa.app.answerers.remote.address import SERVERS
    from docqa.app.models.library import BUNDLED_NAME, models_root, pulled_models

    names = [
        BUNDLED_NAME,
        *(pulled.id for pulled in pulled_models(models_root())),
        *(f"{kind}:" for kind in SERVERS),
    ]
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]
