"""What the largest sparse models of the family would cost here, from a period of their layers."""

__all__ = ["rows"]
