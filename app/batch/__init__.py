"""Many documents, one command: `items` says what there is to do, `jobs` does one of them,
`execution` says where, `workspace` is the folder that a run goes on from, `batch` joins them."""

__all__ = [
    "batch",
    "documents",
    "fields",
    "items",
    "jobs",
    "planning",
    "progress",
    "sheet",
    "summary_files",
    "workspace",
]
