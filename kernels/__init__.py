"""The operations of the runtime: one folder each, a reference beside every faster form."""
