"""How answers, tables and progress look on a terminal and in files."""

__all__ = [
    "answer_head",
    "bibliography",
    "console",
    "figures",
    "interrupts",
    "outline",
    "progress",
    "render",
    "templates",
]
