"""From documents to token ids, and from token ids to a cached state."""

__all__ = ["cached", "context", "passage_vectors", "plan", "prefill", "provenance"]
