"""From documents to token ids, and from token ids to a state that is kept."""

__all__ = ["context", "kept", "passage_vectors", "plan", "prefill", "provenance"]
