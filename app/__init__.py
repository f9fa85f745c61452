"""What a person touches: the command line over one engine. No tensors here."""
