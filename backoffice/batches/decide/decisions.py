"""Operations of maker and checker on a checked batch: submit, withdraw, approve, reject, comment.

Rows are never loaded: each operation is a bounded number of statements, however long the file is.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet, Sum, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from backoffice.audit.middleware import current_origin
from backoffice.audit.operations import record
from backoffice.batches import counts
from backoffice.batches.check import tally
from backoffice.batches.check.summary import chosen, with_risks
from backoffice.batches.decide import bulk
from backoffice.batches.decide.deciders import OF_A_FILE, asks_total, change_kind
from backoffice.batches.errors import AlreadyDecided, BatchError, NotAllowed, ReasonMissing, Stale
from backoffice.batches.models import Batch, Mode, Row, RowState, State
from backoffice.batches.rules import in_force
from backoffice.batches.trail import note
from backoffice.changes import approvals, comments, expiry, rules
from backoffice.changes.deciders import require_approver, require_maker, require_rejecter
from backoffice.changes.kinds import file_kind
from backoffice.changes.models import ApprovalRule, Change
from backoffice.changes.models import State as ChangeState
from backoffice.changes.notifying import notify
from backoffice.changes.risks import Risk, in_order
from backoffice.changes.timing import require_time
from backoffice.changes.turns import take_turn_of_file
from backoffice.delivery.moving import moving
from backoffice.free_text import checked
from backoffice.kit.formats import ist
from backoffice.wakeups import Work, wake_after_commit

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: Rows in these states become changes.
SENT = list(tally.SENT)


@dataclass(frozen=True)
class Approved:
    """The result of an approval: how many rows go out, and how many were left out because their records changed.

    `given` of `needed` approvals exist now; until all are there, nothing goes out.
    """

    rows: int
    stale: int
    given: int = 1
    needed: int = 1


def submit(
    batch_id: int,
    *,
    by: "User",
    mode: str,
    reason: str,
    control_total: Decimal | None = None,
    not_before: datetime | None = None,
) -> Batch:
    """Propose the correct rows of a checked batch to a checker; each of them becomes a change.

    `control_total` (rupees) is the maker's total of the money rows; `not_before` is as for a change. Raises
    NotAllowed, ReasonMissing, AlreadyDecided, or BatchError if rows are wrong, none is left, or total or time
    are wrong.
    """
    reason = checked(reason, ReasonMissing, "Give a reason: the checker and the audit trail need it.")
    with transaction.atomic():
        batch = _locked(batch_id)
        require_maker(by, change_kind(batch), OF_A_FILE)
        if batch.made_by_id != by.pk:
            raise NotAllowed("Only the person who uploaded this file may submit it.")
        if batch.state != State.CHECKED:
            raise AlreadyDecided(
                f"This batch is {batch.get_state_display().lower()}; only a checked one is submitted."
            )
        require_time(not_before, local=change_kind(batch).local)
        if mode == Mode.ALL and batch.wrong:
            raise BatchError(
                f"There are errors in {counts.rows(batch.wrong)}. Correct the file and upload it again, "
                "or choose to submit only the rows without errors."
            )
        if not batch.good + batch.warned:
            raise BatchError("No row is left to submit. Correct the file and upload it again.")
        sent = batch.rows.filter(state__in=SENT)
        rule = in_force(batch)
        if asks_total(batch):
            _compare(control_total, sent.aggregate(total=Sum("amount"))["total"] or Decimal(0))
            batch.control_total = control_total
            _flag_large(sent, rule)
        batch.mode = Mode(mode)
        batch.reason = reason
        batch.not_before = not_before
        batch.submitted_at = timezone.now()
        batch.risky_rows = with_risks(batch).count()
        batch.summary = {**batch.summary, **chosen(batch)}
        batch.state = State.SUBMITTED
        batch.content_hash = _hash(sent.order_by("number"))
        batch.save()
        notify([batch])
        rows = bulk.propose(batch, SENT, _checkers_for(sent, rule))
        note(
            batch,
            "batch.submitted",
            by,
            f"{counts.rows(rows)} submitted for approval.",
            batch.reason,
            rows=rows,
            **({"not_before": ist(not_before, "minute")} if not_before else {}),
        )
    return batch


def withdraw(batch_id: int, *, by: "User", reason: str = "") -> Batch:
    """Withdraw a submitted batch as its maker. Raises NotAllowed, ReasonMissing or AlreadyDecided."""
    reason = checked(reason, ReasonMissing)
    _expire_if_due(batch_id)
    with transaction.atomic():
        batch = _undecided(batch_id)
        if batch.made_by_id != by.pk:
            raise NotAllowed("Only the person who uploaded this file may withdraw it.")
        batch.state = State.WITHDRAWN
        batch.decision_reason = reason
        batch.save()
        notify([batch])
        rows = _open_changes(batch).update(
            state=ChangeState.WITHDRAWN, decision_reason=batch.decision_reason, updated_at=timezone.now()
        )
        note(
            batch, "batch.withdrawn", by, f"{counts.rows(rows)} withdrawn.", batch.decision_reason, rows=rows
        )
    return batch


def approve(batch_id: int, *, by: "User", content_hash: str, reason: str = "") -> Approved:
    """Approve the batch that the checker saw (`content_hash`) and queue its messages.

    Rows whose records changed since the check are left out; if the batch is all or nothing, nothing goes out
    then. Raises NotAllowed, AlreadyDecided, Stale, or BatchError if no row is left or another message has to
    come first (see `changes.queueing`).
    """
    reason = checked(reason, BatchError)
    _expire_if_due(batch_id)
    with moving():
        batch = _undecided(batch_id)
        require_approver(by, change_kind(batch), batch.made_by_id, OF_A_FILE)
        if batch.content_hash != content_hash or _hash_of_changes(batch) != content_hash:
            raise Stale("The batch is not the one you saw. Review it again.")
        if not _open_changes(batch).exists():
            raise BatchError("There is no row left to approve: each was rejected. Reject the batch.")
        take_turn_of_file(batch.pk, _open_changes(batch))
        batch.decided_at = timezone.now()
        stale = _mark_stale(batch)
        if stale and (batch.mode == Mode.ALL or not _open_changes(batch).exists()):
            _give_up(batch, by, stale)
            notify([batch])
        elif (given := _approvals(batch, by, reason)) < (needed := _checkers(batch)):
            notify([batch])
            said = f"approved, {given} of {needed} approvals."
            note(batch, "batch.first_approval", by, said, reason)
            return Approved(0, stale, given, needed)
        else:
            batch.decided_by = by
            batch.decision_reason = reason
            batch.state = State.APPROVED
            batch.failures = 0
            batch.next_row = 0  # from here on, the number of the last row that was applied
            batch.save()
            notify([batch])
            rows = _decide(batch, ChangeState.APPROVED, by, batch.decision_reason)
            if change_kind(batch).local:
                wake_after_commit(Work.BATCHES)
            else:
                bulk.enqueue_all(batch, by)
            left_out = f", {counts.rows(stale)} left out as stale" if stale else ""
            said = f"{counts.rows(rows)} approved{left_out}."
            note(batch, "batch.approved", by, said, batch.decision_reason, rows=rows, stale=stale)
    if batch.state == State.STALE:  # raised outside the transaction, so that the state is kept
        raise Stale(
            f"The records of {counts.rows(stale)} changed after the file was checked, so nothing was approved. "
            "The maker must upload it again."
        )
    return Approved(rows, stale)


def reject(batch_id: int, *, by: "User", reason: str) -> Batch:
    """Reject a batch. Raises NotAllowed, ReasonMissing or AlreadyDecided."""
    _expire_if_due(batch_id)
    with transaction.atomic():
        batch = _undecided(batch_id)
        reason = _may_reject(batch, by, reason)
        batch.decided_by = by
        batch.decided_at = timezone.now()
        batch.decision_reason = reason
        batch.state = State.REJECTED
        batch.save()
        notify([batch])
        rows = _decide(batch, ChangeState.REJECTED, by, batch.decision_reason)
        note(batch, "batch.rejected", by, f"{counts.rows(rows)} rejected.", batch.decision_reason, rows=rows)
    return batch


def reject_row(batch_id: int, number: int, *, by: "User", reason: str) -> Row:
    """Reject one row; the others still wait. Raises NotAllowed, ReasonMissing, AlreadyDecided or BatchError."""
    _expire_if_due(batch_id)
    with transaction.atomic():
        batch = _undecided(batch_id)
        reason = _may_reject(batch, by, reason)
        if batch.mode == Mode.ALL:
            raise BatchError("This batch goes out whole or not at all. Reject it as a whole.")
        row = batch.rows.get(number=number)
        change = _open_changes(batch).filter(row_number=number).first()
        if change is None:
            raise AlreadyDecided(f"Row {number} does not wait for a decision.")
        change.state = ChangeState.REJECTED
        change.decided_by = by
        change.decided_at = timezone.now()
        change.decision_reason = reason
        change.save(update_fields=["state", "decided_by", "decided_at", "decision_reason", "updated_at"])
        if tally.is_counted(batch):
            counted = tally.of(batch, file_kind(batch.kind))
            counted.remove(row)
            batch.summary = counted.as_stored()
            batch.save(update_fields=["summary"])
        row.state = RowState.REJECTED
        row.reason = reason
        row.save()
        record(
            "batch.row_rejected",
            by=by,
            subject=row.lane,
            text=f"Row {number} of {batch.label} rejected.",
            reason=row.reason,
            details={"batch": batch.pk, "row": number, "content_hash": row.content_hash},
            change_id=change.pk,
        )
    return row


def comment(batch_id: int, *, by: "User", text: str) -> None:
    """Comment on a submitted file. Raises NotAllowed or ReasonMissing."""
    batch = Batch.objects.get(pk=batch_id)
    said = comments.checked(change_kind(batch), text, by=by, submitted=batch.submitted_at is not None)
    note(batch, "batch.commented", by, "Comment.", said)


def expire_old() -> int:
    """Expire files that waited for a decision longer than the setting allows. Returns how many. Run by beat."""
    return sum(_expire(number) for number in expiry.over(Batch.objects.all()))


def _expire_if_due(batch_id: int) -> None:
    """Expire a file before a late decision, if beat has not done it yet."""
    for number in expiry.over(Batch.objects.filter(pk=batch_id)):
        _expire(number)


def _expire(batch_id: int) -> bool:
    with transaction.atomic():
        batch = _locked(batch_id)
        if batch.state != State.SUBMITTED:  # another person has just decided it
            return False
        batch.state = State.EXPIRED
        batch.decided_at = timezone.now()
        batch.save()
        notify([batch])
        rows = _open_changes(batch).update(state=ChangeState.EXPIRED, updated_at=batch.decided_at)
        said = f"{counts.rows(rows)} expired without a decision."
        note(batch, "batch.expired", None, said, rows=rows)
    return True


def _may_reject(batch: Batch, person: "User", reason: str) -> str:
    """Return the reason as stored. Raises NotAllowed or ReasonMissing."""
    require_rejecter(person, change_kind(batch), batch.made_by_id, OF_A_FILE)
    return checked(reason, ReasonMissing, "Say why you reject it: the maker needs to know.")


def _locked(batch_id: int) -> Batch:
    return Batch.objects.select_for_update().get(pk=batch_id)


def _undecided(batch_id: int) -> Batch:
    batch = _locked(batch_id)
    if batch.state != State.SUBMITTED:
        if batch.state == State.EXPIRED:
            raise AlreadyDecided(
                "This batch expired without a decision. Its maker may upload the file again."
            )
        by = f" by {batch.decided_by}" if batch.decided_by else ""
        raise AlreadyDecided(f"This batch is {batch.get_state_display().lower()}{by} already.")
    return batch


def _flag_large(sent: QuerySet[Row], rule: ApprovalRule) -> None:
    """Flag large amounts by the rule in force now, which may differ from the one at the check.

    One statement for each of a handful of combinations of flags, and none if they are right already.
    """
    large = Q(pk__in=()) if rule.above is None else Q(amount__gt=rule.above)
    # As text, because SQLite keeps the spaces of a JSON array.
    stored = sent.annotate(text=Cast("flags", TextField())).order_by()
    for rows, more in ((stored.filter(large), {Risk.LIMIT}), (stored.exclude(large), set())):
        for text in rows.values_list("text", flat=True).distinct():
            flags = json.loads(text)
            right = in_order({Risk(name) for name in flags if name != Risk.LIMIT} | more)
            if right != flags:
                rows.filter(text=text).update(flags=right)


def _checkers_for(sent: QuerySet[Row], rule: ApprovalRule) -> int:
    """Return how many must approve the rows: as many as for the row with the highest amount, at least one."""
    return max(1, rules.checkers_for(sent.aggregate(highest=Max("amount"))["highest"], rule))


def _approvals(batch: Batch, by: "User", reason: str) -> int:
    """Return how many approved the batch, now including this person."""
    return approvals.approve_batch(batch.pk, by=by, content_hash=batch.content_hash, reason=reason)


def _checkers(batch: Batch) -> int:
    """Return how many must approve the submitted rows of a batch."""
    needed: int = _open_changes(batch).aggregate(needed=Max("checkers"))["needed"]
    return needed


def _open_changes(batch: Batch) -> Any:
    return Change.objects.filter(batch=batch, state=ChangeState.SUBMITTED)


def _compare(typed: Decimal | None, counted: Decimal) -> None:
    if typed is None:
        raise BatchError("Type the control total: what the amounts of the file come to.")
    if typed != counted:
        raise BatchError(
            "The control total is not what the rows to be submitted come to. "
            "Compare the file with what you were given before you submit it."
        )


def _decide(batch: Batch, state: str, by: "User", reason: str) -> int:
    """Give every open change of the batch the same decision, in one statement."""
    decided: int = _open_changes(batch).update(
        state=state,
        decided_by=by,
        decided_at=batch.decided_at,
        decision_reason=reason,
        request_id=current_origin().request_id,
        updated_at=batch.decided_at,
    )
    return decided


def _mark_stale(batch: Batch) -> int:
    moved_on = file_kind(batch.kind).moved_on()
    marked: int = (
        _open_changes(batch).filter(moved_on).update(state=ChangeState.STALE, updated_at=batch.decided_at)
    )
    return marked


def _give_up(batch: Batch, by: "User", stale: int) -> None:
    _open_changes(batch).update(state=ChangeState.STALE, updated_at=batch.decided_at)
    batch.state = State.STALE
    batch.save()
    note(
        batch,
        "batch.stale",
        by,
        f"Nothing approved: the records of {counts.rows(stale)} changed after the check.",
        stale=stale,
    )


def _hash_of_changes(batch: Batch) -> str:
    """Return the hash over everything submitted, including rows rejected since."""
    return _hash(Change.objects.filter(batch=batch).order_by("row_number"))


def _hash(rows: QuerySet[Any]) -> str:
    """Return one SHA-256 over the content hashes of rows or changes, in order, with a few in memory at a time."""
    whole = hashlib.sha256()
    for one in rows.values_list("content_hash", flat=True).iterator():
        whole.update(one.encode("ascii"))
    return whole.hexdigest()
