"""The families that are run, a file each, called as config.json calls their `model_type` (see `model/family.py`)."""
