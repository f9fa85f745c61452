"""The model: tokens in, tokens out. Import its modules directly; this one only prepares the process for torch."""

import os

# Threads that wait by spinning make a run on a busy machine ten times slower; OpenMP reads this when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
