"""The families that are run, a file each, called as config.json calls their `model_type`; `model/family.py` finds them.

A file says what is the family's alone: what its config.json leaves out, refuses and means, its layers over the parts
that families share, and the names of its tensors in releases and GGUF files.
"""
