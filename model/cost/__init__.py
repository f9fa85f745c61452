"""What reading costs here: tokens, memory, disk, and the measured speed."""

__all__ = ["machine", "plan", "speed"]
