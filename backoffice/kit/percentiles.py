"""Percentiles of numbers that were counted by value."""

from collections.abc import Mapping


def nearest_rank(counted: Mapping[int, int], percent: int) -> int | None:
    """Return the smallest value that this percentage of the numbers does not exceed; None if there are none."""
    rank, seen = -(-sum(counted.values()) * percent // 100), 0
    for value in sorted(counted):
        seen += counted[value]
        if seen >= rank:
            return value
    return None
