"""Bytes in, Document out. Knows no torch, no tokenizer, no app; the libraries of each format load when it is read."""
