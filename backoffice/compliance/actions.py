"""The actions of audit entries by their words, for the list and its filter."""

from collections import defaultdict
from typing import cast

from django.core.cache import caches

from backoffice.audit.search import actions

#: A new action is offered so many seconds later at the most.
KEPT_SECONDS = 60
#: What is not written as other words are.
SPELLED = {"odin": "ODIN", "rest": "REST", "sso": "single sign-on"}


def in_words(action: str) -> str:
    """An action in words: `staff.login_failed` is “Staff: login failed”; `change.`, a group, is “All of change”."""
    group, _, what = action.partition(".")
    return (
        f"{_spelled(group)}: {_spelled(what, first=False)}"
        if what
        else f"All of {_spelled(group, first=False)}"
    )


def offered() -> list[tuple[str, list[tuple[str, str]]]]:
    """The actions that the trail has, group by group, each group with the choice of all of it."""
    known = cast("list[str]", caches["process"].get_or_set("audit:actions", actions, KEPT_SECONDS))
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for action in known:
        groups[action.partition(".")[0]].append(action)
    return [
        (_spelled(group), [(one, in_words(one)) for one in (f"{group}.", *found)])
        for group, found in groups.items()
    ]


def _spelled(name: str, *, first: bool = True) -> str:
    words = [SPELLED.get(word, word) for word in name.split("_")]
    if first:
        words[0] = words[0][:1].upper() + words[0][1:]
    return " ".join(words)
