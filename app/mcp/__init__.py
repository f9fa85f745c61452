"""An MCP server on standard input and output over given paths."""

__all__ = ["server"]
