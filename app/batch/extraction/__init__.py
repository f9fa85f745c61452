"""The table of `docqa extract`: files by questions, what differs in a column, and its file formats."""

__all__ = ["rows", "table", "table_files"]
