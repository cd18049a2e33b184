"""Update the result of a change when its deliveries move."""

from collections import defaultdict
from collections.abc import Collection

from django.utils import timezone

from backoffice.changes.models import Change
from backoffice.changes.notifying import notify
from backoffice.changes.results import Result, result_of
from backoffice.delivery.models import Delivery

#: The results, or none yet, of changes that are not final at ODIN.
UNDER_WAY = ("", Result.SENT)


def follow(change_ids: Collection[int]) -> None:
    """Update the results of these changes, in the transaction in which their deliveries moved.

    It locks the changes first, so that of two transactions on one change the second sees both moves.
    """
    locked = Change.objects.select_for_update(of=("self",)).filter(pk__in=change_ids).order_by("pk")
    changes = list(locked.only("kind", "state", "result", "made_by", "batch"))
    states: defaultdict[int, set[str]] = defaultdict(set)
    deliveries = Delivery.objects.filter(change__in=changes).order_by()
    for change_id, state in deliveries.values_list("change", "state"):
        states[change_id].add(state)
    by_result: defaultdict[str, list[Change]] = defaultdict(list)
    for change in changes:
        if (now := result_of(states[change.pk])) != change.result:
            change.result = now
            by_result[now].append(change)
    for result, some in by_result.items():
        Change.objects.filter(pk__in=[each.pk for each in some]).update(
            result=result, updated_at=timezone.now()
        )
    # "Sent" notifies nobody: the wait for a decision ended at the approval.
    news = [each for result, some in by_result.items() if result not in UNDER_WAY for each in some]
    notify([each for each in news if each.batch_id is None])
