"""Small networks beside the trunk: evidence head, span head, and the cross encoder that reads excerpts."""
