"""The transaction in which deliveries move, and which updates the results of their changes at its end."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction

#: The changes whose deliveries moved in the present transaction; None outside `moving`.
_moved: ContextVar[set[int] | None] = ContextVar("moved", default=None)
_followers: list[Callable[[Collection[int]], None]] = []


def register(follow: Callable[[Collection[int]], None]) -> None:
    """Call `follow` with the changes whose deliveries moved, in their transaction.

    Use it in `AppConfig.ready`.
    """
    _followers.append(follow)


@contextmanager
def moving() -> Iterator[None]:
    """Open a transaction in which deliveries move, or join the open one.

    The followers run last: every transaction locks deliveries before changes, so no two wait for each other.
    """
    if _moved.get() is not None:
        with transaction.atomic(savepoint=False):
            yield
        return
    with transaction.atomic():
        changes: set[int] = set()
        token = _moved.set(changes)
        try:
            yield
            if changes:
                for follow in _followers:
                    follow(changes)
        finally:
            _moved.reset(token)


def moved(change_ids: Iterable[int]) -> None:
    """Note that deliveries of these changes moved. Raises RuntimeError outside `moving`."""
    changes = _moved.get()
    if changes is None:
        raise RuntimeError("A delivery moves inside of `moving` only: its change must follow.")
    changes.update(change_ids)
