"""The table of `docqa extract`: files by questions, what differs in a column, its file formats."""

__all__ = ["rows", "table", "table_files"]
