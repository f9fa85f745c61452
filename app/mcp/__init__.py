"""An MCP server on standard input and output: `ask`, `find`, `outline`, `read_pages` and `verify` over given paths."""

__all__ = ["server"]
