"""Makes the bundled weights; nothing that answers a question imports it."""
