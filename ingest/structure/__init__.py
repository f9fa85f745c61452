"""The structure that all formats share: outline, numbering, references, notes, passages, sentences."""
