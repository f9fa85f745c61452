"""Bytes in, Document out: no torch, no tokenizer, no app. The library of a format loads when it is
read.
"""
