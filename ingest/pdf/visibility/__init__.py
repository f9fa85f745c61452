"""What a reader of a PDF page can see: painted objects, a raster of them, hidden text."""

__all__ = ["hidden", "objects", "raster"]
