"""Many documents, one command: planned, resumable, on one machine or several.

`items` says what there is to do, `jobs` does one of them, `execution` says where and by whom, `workspace` is the folder
that processes share, `batch` joins them.
"""

__all__ = [
    "attempt",
    "batch",
    "documents",
    "items",
    "jobs",
    "planning",
    "progress",
    "protocol",
    "summary_files",
    "workspace",
]
