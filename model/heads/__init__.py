"""Small networks beside the trunk: evidence head, passage encoder, and the reader of excerpts."""
