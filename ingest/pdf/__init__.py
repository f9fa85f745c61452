"""PDF: characters and their places, structure, scanned pages, and the pages of a Document."""
