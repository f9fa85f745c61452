"""Training of the evidence head and the span head."""
