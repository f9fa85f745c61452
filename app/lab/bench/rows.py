"""What a bench finds: rows, as JSON and as a table; and how a time is taken."""

import timeit
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Measurement:
    """A figure and its peer's, in `unit`; None: not measured, `method` says why. `ratio` above 1:
    docqa is faster.
    """

    name: str
    value: float | None
    unit: str
    peer: str | None
    peer_value: float | None
    method: str

    @property
    def ratio(self) -> float | None:
        if not self.value or not self.peer_value:
            return None
        return (
            self.value / self.peer_value
            if self.unit == "tokens/s"
            else self.peer_value / self.value
        )

    def fields(self) -> dict[str, object]:
        """The row for JSON, keys in the contract's order."""
        found = asdict(self)
        method = found.pop("method")
        return found | {"ratio": self.ratio, "method": method}


def table(rows: list[Measurement]) -> list[str]:
    lines = [f"{'':20}{'docqa':>12}  {'unit':9}{'peer':>14}{'':14}{'ratio':>8}"]
    for row in rows:
        peer = f"{_number(row.peer_value):>14}  {row.peer:12}" if row.peer else " " * 28
        ratio = f"{row.ratio:.2f}" if row.ratio is not None else ""
        lines.append(f"{row.name:20}{_number(row.value):>12}  {row.unit:9}{peer}{ratio:>8}")
    return lines + [
        f"  {row.name}{f', {row.peer}' if row.peer else ''}: {row.method}" for row in rows
    ]


def _number(value: float | None) -> str:
    if value is None:
        return "not measured"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def fastest(action: Callable[[], object], repeats: int) -> float:
    """Of several runs, in seconds."""
    return min(timeit.repeat(action, number=1, repeat=repeats))
