"""What reading costs here: tokens, memory, disk, and the measured speed."""
