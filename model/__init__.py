"""The model: tokens in, tokens out."""
