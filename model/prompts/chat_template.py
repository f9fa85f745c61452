"""A checkpoint's own chat template: how it wants to be asked, and whether it thinks first. Jinja,
rendered in Jinja's sandbox as transformers does. No torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from docqa.model.errors import ConfigUnsupported
from docqa.model.gguf.file import is_gguf, open_gguf
from docqa.model.protocol import Tokenizer

from .thinking import CLOSING, OPENING

if TYPE_CHECKING:
    from jinja2 import Template

Kind = Literal["none", "switch", "always"]


@dataclass(eq=False)
class ChatTemplate:
    """`source` is Jinja, `where` the file it is from, `names` the special tokens that templates may
    print.
    """

    source: str
    where: str
    names: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> ChatTemplate | None:
        """The template of a checkpoint folder or GGUF file, if any. Raises ConfigUnsupported."""
        config = folder / "tokenizer_config.json"
        try:
            raw = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
            own = folder / "chat_template.jinja"
            if own.is_file():
                return cls(own.read_text(encoding="utf-8"), str(own), _special_token_names(raw))
        except (ValueError, OSError) as error:
            raise ConfigUnsupported(
                f"{config} cannot be read ({error}); get the model folder again"
            ) from error
        if not config.is_file() and is_gguf(folder):
            file = open_gguf(folder)
            source = file.chat_template()
            return None if source is None else cls(source, str(file.path), file.special_tokens())
        found = raw.get("chat_template")
        if isinstance(found, list):  # several by name; the one for tools is not ours
            found = next(
                (entry.get("template") for entry in found if entry.get("name") == "default"), None
            )
        return (
            cls(found, str(config), _special_token_names(raw)) if isinstance(found, str) else None
        )

    def render(self, messages: Sequence[dict[str, str]], *, think: bool | None = None) -> str:
        """The text of `messages` up to where the answer begins; `think` None leaves it to the
        template. Raises ConfigUnsupported where it cannot be rendered."""
        from jinja2 import TemplateError

        asked = {} if think is None else {"enable_thinking": think}
        try:
            return self._compiled_template.render(
                messages=list(messages), add_generation_prompt=True, **self.names, **asked
            )
        except (
            TemplateError,
            TypeError,
            ValueError,
            ArithmeticError,
            LookupError,
            AttributeError,
        ) as error:
            raise ConfigUnsupported(
                f"{self.where}: the chat template cannot be rendered: {error}"
            ) from error

    @cached_property
    def thinking_kind(self) -> Kind:
        """Whether the model thinks before it answers: none, switch (as it is asked to), always."""
        said = [{"role": "user", "content": "?"}]
        on = self.render(said, think=True)
        off = self.render(said, think=False)
        if on != off:
            return "switch"
        return "always" if _has_open_thought(on) else "none"

    def should_think(self, asked: bool | None) -> bool:
        """Whether to let it think: as asked; by default a model that can do without does."""
        return self.thinking_kind != "none" and (
            self.thinking_kind == "always" if asked is None else asked
        )

    def ending_ids(self, tokenizer: Tokenizer, text: str, think: bool) -> list[int]:
        """The ids of `text`, rendered after the last message: the model's thought or its words
        follow.
        """
        if think:
            return tokenizer.encode_template(
                text if _has_open_thought(text) else f"{text}{OPENING}\n"
            )
        if _has_open_thought(text):  # it would think, and was asked not to
            text = f"{text}\n{CLOSING}\n\n"
        return tokenizer.encode_template(text)

    @cached_property
    def _compiled_template(self) -> Template:
        from jinja2 import TemplateError
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        def refuse(message: str) -> None:
            raise TemplateError(message)

        def to_json(value: object, **options: Any) -> str:
            return json.dumps(value, ensure_ascii=False, **options)

        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        )
        environment.filters["tojson"] = to_json
        environment.globals["raise_exception"] = refuse
        try:
            return environment.from_string(self.source)
        except TemplateError as error:
            raise ConfigUnsupported(
                f"{self.where}: the chat template is not valid Jinja: {error}"
            ) from error


def _has_open_thought(text: str) -> bool:
    return text.rstrip().endswith(OPENING)


def _special_token_names(raw: dict[str, object]) -> dict[str, str]:
    named = {}
    for kind in ("bos_token", "eos_token", "pad_token", "unk_token"):
        value = raw.get(kind)
        content = value.get("content") if isinstance(value, dict) else value
        if isinstance(content, str):
            named[kind] = content
    return named
