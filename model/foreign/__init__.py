"""Models of others, each in one role and run by transformers: reader, encoder, reranker."""

__all__ = ["encoder", "folder", "reader", "reranker"]
