"""What the largest sparse models of the family would cost here, from a few of their layers."""
