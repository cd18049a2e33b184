"""Counts with their noun."""

from backoffice.kit.formats import indian


def rows(count: int) -> str:
    """ "1 row", "4,960 rows"."""
    return _counted(count, "row", "rows")


def messages(count: int) -> str:
    """ "1 message", "4,960 messages"."""
    return _counted(count, "message", "messages")


def values(count: int) -> str:
    """ "1 value", "4,960 values"."""
    return _counted(count, "value", "values")


def _counted(count: int, one: str, many: str) -> str:
    return f"{indian(count, places=0)} {one if count == 1 else many}"
