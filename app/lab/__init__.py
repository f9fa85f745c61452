"""What measures or fits beside `docqa eval`; not in the wheel, and no answer depends on it."""
