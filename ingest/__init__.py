"""Bytes in, a Document out: pages, sections and passages with exact places."""
