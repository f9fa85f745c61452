"""`docqa bench`: speed on this machine, beside peers on the same weights in the same run.

Figures are ratios first: a machine that does other work slows both sides. What was not measured has no value and says
why.
"""

__all__ = ["at_once", "contexts", "machine", "peers", "rows", "run"]
