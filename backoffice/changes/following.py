"""How the result of a change follows the moves of its deliveries."""

from collections import defaultdict
from collections.abc import Collection

from django.utils import timezone

from backoffice.changes.models import Change
from backoffice.changes.notifying import notify
from backoffice.changes.results import result_of
from backoffice.delivery.models import Delivery


def follow(change_ids: Collection[int]) -> None:
    """Give these changes the result of their deliveries, in the transaction in which these moved.

    The changes are locked first: of two transactions that move deliveries of one change the second sees both moves.
    """
    locked = Change.objects.select_for_update(of=("self",)).filter(pk__in=change_ids).order_by("pk")
    found = list(locked.values_list("pk", "result", "batch"))
    before = {change_id: result for change_id, result, _ in found}
    states: defaultdict[int, set[str]] = defaultdict(set)
    deliveries = Delivery.objects.filter(change__in=before).order_by()
    for change_id, state in deliveries.values_list("change", "state"):
        states[change_id].add(state)
    by_result: defaultdict[str, list[int]] = defaultdict(list)
    for change_id, result in before.items():
        if (now := result_of(states[change_id])) != result:
            by_result[now].append(change_id)
    for result, numbers in by_result.items():
        Change.objects.filter(pk__in=numbers).update(result=result, updated_at=timezone.now())
    moved = {number for numbers in by_result.values() for number in numbers}
    notify(Change, [change_id for change_id, _, batch in found if change_id in moved and batch is None])
