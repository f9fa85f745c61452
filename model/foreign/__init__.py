"""Models of others, each in one role beside the bundled model and run by transformers: reader, encoder, reranker."""

__all__ = ["encoder", "folder", "reader", "reranker"]
