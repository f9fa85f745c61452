"""Pages filled in from templates. What stands in a value is text, whatever it looks like."""

import html
import re
from collections.abc import Callable
from typing import Any

# What could reorder or hide text in a browser, and what XML has no character for; line ends and
# tabs stay.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]"
)


def escape_markup(text: str) -> str:
    """`text` for the content of a page or an attribute, without what a reader cannot see."""
    return html.escape(_UNSEEN.sub("", text)).encode("utf-8", "replace").decode("utf-8")


def fill_template(
    template: str, escape: Callable[[str], str] = escape_markup, **values: Any
) -> str:
    """The Jinja template at the path `template` below this package, with `values`, by `escape` but
    for `Markup`.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    def shown(value: object) -> object:
        return (
            Markup(escape(value))
            if isinstance(value, str) and not isinstance(value, Markup)
            else value
        )

    environment = Environment(
        loader=PackageLoader("docqa.app", ""),
        autoescape=True,
        finalize=shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(values)
