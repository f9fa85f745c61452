"""Training data: questions, excerpts, features and synonyms."""
