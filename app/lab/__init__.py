"""What measures or fits beside `docqa bench` and `docqa eval`; not in the wheel, and no answer
depends on it.
"""
