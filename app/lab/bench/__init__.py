"""Speed on this machine, beside peers on the same weights in the same run. Ratios
come first: other load slows both sides. What was not measured says why."""

__all__ = ["at_once", "contexts", "machine", "peers", "rows", "run"]
