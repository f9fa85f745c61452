"""Names that docqa's own packed matrices go by in a checkpoint folder."""

CONFIG_KEY = "docqa_quantization"
PARTS = (".q", ".scale", ".zero")  # behind the name of a packed matrix, in the order of `quantize_matrix`
