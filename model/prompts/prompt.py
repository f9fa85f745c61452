"""The layout of what the model reads: documents, and the question after them.

One place for every string, because the bundled weights are trained on exactly these. A change
raises LAYOUT_VERSION.
"""

LAYOUT_VERSION = 1

PREAMBLE = "The text of the documents follows.\n\n"
QUESTION_HEAD = "\nQuestion: "
ANSWER_HEAD = "\nAnswer:"
REFUSAL = " not stated"


def title_line(title: str) -> str:
    """Line that opens a document in the context."""
    return f"# {title}\n\n"


def page_mark(label: str) -> str:
    """Line that opens a page in the context."""
    return f"[page {label}]\n"


def document_line(number: int, title: str) -> str:
    """Line that opens a document, numbered from 1, in the context of a model that writes."""
    return f"# Document {number}: {title}\n\n"


def section_mark(name: str) -> str:
    """Line that opens a section in the context of a model that writes."""
    return f"[section {name}]\n"


def question_text(question: str) -> str:
    """The question and the head of its answer, as they follow the excerpts."""
    return QUESTION_HEAD + " ".join(question.split()) + ANSWER_HEAD
