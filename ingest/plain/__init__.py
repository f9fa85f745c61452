"""Text that stands as it is: plain text, Markdown, USLM XML."""
