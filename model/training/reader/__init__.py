"""Training of the cross encoder that reads excerpts."""
