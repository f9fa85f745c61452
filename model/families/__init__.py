"""The families that are run, a file each, called as `model_type` in config.json (see
`model/family.py`).
"""
