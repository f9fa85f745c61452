"""Other runtimes on the same task: transformers and llama.cpp."""
