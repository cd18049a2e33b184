"""The percentiles of many numbers that were counted by their value."""

from collections.abc import Mapping


def nearest_rank(counted: Mapping[int, int], percent: int) -> int | None:
    """The smallest value that so many percent of the numbers do not exceed; None where there are none."""
    rank, seen = -(-sum(counted.values()) * percent // 100), 0
    for value in sorted(counted):
        seen += counted[value]
        if seen >= rank:
            return value
    return None
