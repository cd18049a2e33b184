"""People's operations on changes: draft, submit, approve, reject, withdraw. Each has an actor."""

import uuid
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice.audit.middleware import current_origin
from backoffice.audit.operations import record
from backoffice.changes import approvals, comments, expiry, rules
from backoffice.changes.corrections import Corrected, require_place
from backoffice.changes.deciders import OF_A_CHANGE, require_approver, require_maker, require_rejecter
from backoffice.changes.drafts import require_same_form
from backoffice.changes.errors import AlreadyDecided, ChangeError, HasErrors, NotAllowed, ReasonMissing, Stale
from backoffice.changes.examination import Examined, Known, as_given, refer
from backoffice.changes.kinds import declared, kind
from backoffice.changes.models import Change, State
from backoffice.changes.notifying import notify
from backoffice.changes.queueing import enqueue_all
from backoffice.changes.references import with_reference
from backoffice.changes.stored_values import reduced
from backoffice.changes.timing import require_time
from backoffice.changes.turns import take_turn
from backoffice.delivery.content import content_hash as hash_of_messages
from backoffice.delivery.handlers import Applied
from backoffice.delivery.moving import moving
from backoffice.free_text import checked
from backoffice.kit.formats import ist
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import errors
from backoffice.protocol.message import Request
from backoffice.seal import seal_values, unseal_values

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: The result of `proposed` for examined values.
CONTENT = (
    *("subject", "profile", "profile_version", "before", "record_version", "messages", "findings", "amount"),
    *("checkers", "risks"),
)


def examine(kind_slug: str, values: Values, *, typed: bool = False) -> Examined:
    """Return all findings on proposed values. `typed`: they are the form's, not yet the message's."""
    change_kind = kind(kind_slug)
    return change_kind.examine([values], change_kind.compose if typed else as_given)[0]


def save_draft(
    kind_slug: str,
    values: Values,
    *,
    by: "User",
    token: uuid.UUID,
    corrects: Corrected | None = None,
    base: Known | None = None,
) -> Change:
    """Save a maker's input; a submitted change stays unchanged. Raises NotAllowed on another person's draft.

    `corrects`: the earlier change or message that a new draft replaces. Raises AlreadyDecided if that is
    replaced already. `base`: the record that filled the form; None if a new draft was made from the present
    one.
    """
    change_kind = kind(kind_slug)
    require_maker(by, change_kind, OF_A_CHANGE)
    subject = change_kind.subject(values)
    with transaction.atomic():
        if corrects and not Change.objects.filter(token=token).exists():
            require_place(corrects)
        known = change_kind.known(subject)
        draft, made = Change.objects.get_or_create(
            token=token,
            defaults={
                "kind": change_kind.slug,
                "made_by": by,
                "corrects": corrects.change if corrects else None,
                "corrects_part": corrects.part if corrects else None,
            },
        )
        require_same_form(draft, change_kind.slug, by)
        if draft.state != State.DRAFT:
            return draft
        draft.own_values = seal_values(values)
        draft.subject = subject[:40]  # a draft may hold any input, also overlong
        if base or made or draft.record_version == known.version:
            draft.record_version, draft.before = (base or known).version, (base or known).values
        asked = change_kind.compose(values, replace(known, values=draft.before))
        draft.messages = _stored(change_kind.parts(asked.values, refer(asked.follow_ups, ""), whole=True))
        draft.save()
    return draft


def submit(
    kind_slug: str,
    values: Values,
    *,
    by: "User",
    reason: str,
    token: uuid.UUID,
    typed: bool = False,
    not_before: datetime | None = None,
) -> Change:
    """Submit a change for approval. The same token a second time (a double click) returns the first change.

    `typed`: the values are the form's, and the message is composed of them. Their maker may start again from
    the given values. `not_before`: its messages do not go out earlier; database guards protect it from then
    on. Raises NotAllowed, ReasonMissing, HasErrors with the findings, Stale if the record changed since the
    draft, or ChangeError for an impossible time.
    """
    change_kind = kind(kind_slug)
    require_maker(by, change_kind, OF_A_CHANGE)
    reason = checked(reason, ReasonMissing, "Give a reason: the checker and the audit trail need it.")
    if done := _submitted(token, by):
        return done
    require_time(not_before, local=change_kind.local)
    try:
        with moving():
            take_turn(*change_kind.turns(change_kind.subject(values)), *change_kind.alone(values))
            if done := _submitted(token, by):  # the first of two clicks at the same moment had its turn
                return done
            examined = examine(kind_slug, values, typed=typed)
            if wrong := errors(examined.findings):
                raise HasErrors(wrong)
            known = examined.known
            asked = replace(examined, values=with_reference(change_kind.message, examined.values))
            content = proposed(change_kind.slug, asked)
            draft, _ = Change.objects.select_for_update().get_or_create(
                token=token,
                defaults={"kind": change_kind.slug, "made_by": by, "record_version": known.version},
            )
            require_same_form(draft, change_kind.slug, by)
            if draft.state != State.DRAFT:
                return draft
            if draft.record_version != known.version:
                raise Stale("The record changed after you began. Open the form again to see what.")
            for name in CONTENT:
                setattr(draft, name, getattr(content, name))
            draft.own_values, draft.message_adds = reduced(values if typed else asked.values, draft.messages)
            draft.content_hash = hash_of_messages(content.messages)
            draft.reason = reason
            draft.not_before = not_before
            draft.state, draft.submitted_at = State.SUBMITTED, timezone.now()
            draft.save()
            _record(
                draft, "change.submitted", by, f"{change_kind.title}: submitted for approval.", draft.reason
            )
            if not draft.checkers:
                _carry_out(draft, None, "By the approval rule, this kind of change needs no checker.")
            notify([draft])
    except IntegrityError:
        if done := _submitted(token, by):
            return done  # two clicks at the same moment, with different retail users
        raise
    return draft


def _submitted(token: uuid.UUID, by: "User") -> Change | None:
    """Return what this person's form with this token became already."""
    return Change.objects.filter(token=token, made_by=by).exclude(state=State.DRAFT).first()


def proposed(kind_slug: str, examined: Examined) -> Change:
    """Return an unsaved change with the content of these examined values.

    Both the submission and the maker's preview use it.
    """
    change_kind, known, values = kind(kind_slug), examined.known, examined.values
    follow_ups = examined.follow_ups
    amount = change_kind.rupees(values, follow_ups)
    rule = rules.together(change_kind.slug, (one.kind for one in follow_ups))
    return Change(
        kind=change_kind.slug,
        state=State.SUBMITTED,
        subject=change_kind.subject(values),
        profile=examined.filled_from.name,
        profile_version=examined.filled_from.version,
        before=known.values,
        record_version=known.version,
        messages=_stored(change_kind.parts(values, follow_ups)),
        findings=[asdict(finding) for finding in examined.findings],
        amount=amount,
        checkers=rules.checkers_for(amount, rule),
        risks=rules.flags(change_kind, values, known, examined.findings, amount, rule),
    )


def approve(change_id: int, *, by: "User", content_hash: str, reason: str = "") -> Change:
    """Approve what the checker saw (`content_hash`): queue its messages, or update its record.

    After the first of two approvals it stays submitted. Raises NotAllowed, AlreadyDecided, Stale if the content
    or the record differs from what was seen, or ChangeError if another message has to come first (see `queueing`).
    """
    reason = checked(reason, ChangeError)
    _expire_if_due(change_id)
    with moving():
        # Neither changes after the submission.
        seen = Change.objects.only("kind", "subject").get(pk=change_id)
        take_turn(*kind(seen.kind).turns(seen.subject))
        change = _undecided(change_id)
        change_kind = kind(change.kind)
        require_approver(by, change_kind, change.made_by_id, OF_A_CHANGE)
        _as_seen(change, content_hash)
        if change_kind.known(change.subject).version == change.record_version:
            given = approvals.approve_change(change, by=by, reason=reason)
            if given < change.checkers:
                words = f"{change_kind.title}: approved, {given} of {change.checkers}."
                _record(change, "change.first_approval", by, words, reason)
                notify([change])
            else:
                _carry_out(change, by, reason)
        else:
            _move(change, State.STALE)
            _record(
                change,
                "change.stale",
                by,
                f"{kind(change.kind).title}: the record moved on after submission.",
            )
    if change.state == State.STALE:  # raised outside the transaction, so that the state is kept
        raise Stale("The record changed after submission. The maker must resubmit.")
    return change


def reject(change_id: int, *, by: "User", reason: str, content_hash: str | None = None) -> Change:
    """Reject a change. Raises NotAllowed, ReasonMissing, AlreadyDecided, or Stale if the content differs."""
    reason = checked(reason, ReasonMissing, "Say why you reject it: the maker needs to know.")
    _expire_if_due(change_id)
    with transaction.atomic():
        change = _undecided(change_id)
        require_rejecter(by, kind(change.kind), change.made_by_id, OF_A_CHANGE)
        if content_hash is not None:
            _as_seen(change, content_hash)
        _decide(change, State.REJECTED, by, reason)
        _record(
            change, "change.rejected", by, f"{kind(change.kind).title}: rejected.", change.decision_reason
        )
    return change


def withdraw(change_id: int, *, by: "User", reason: str = "") -> Change:
    """Withdraw a change as its maker, before the decision. Raises NotAllowed, ReasonMissing or AlreadyDecided."""
    reason = checked(reason, ReasonMissing)
    _expire_if_due(change_id)
    with transaction.atomic():
        change = _undecided(change_id)
        if change.made_by_id != by.pk:
            raise NotAllowed("Only the person who made this change may withdraw it.")
        _move(change, State.WITHDRAWN, reason)
        _record(
            change, "change.withdrawn", by, f"{kind(change.kind).title}: withdrawn.", change.decision_reason
        )
    return change


def discard(change_id: int, *, by: "User") -> None:
    """Discard a draft as its maker. Nothing was proposed, so nothing is kept. Raises NotAllowed or AlreadyDecided."""
    with transaction.atomic():
        change = Change.objects.select_for_update().get(pk=change_id)
        if change.made_by_id != by.pk:
            raise NotAllowed("This draft belongs to another person.")
        if change.state != State.DRAFT:
            raise AlreadyDecided("This was submitted already. Withdraw it instead.")
        change.delete()


def comment(change_id: int, *, by: "User", text: str) -> None:
    """Comment on a change. The comment is an audit entry, so it cannot be altered.

    Raises NotAllowed for people who neither propose nor decide this kind, or ReasonMissing without a text.
    """
    change = Change.objects.get(pk=change_id)
    change_kind = kind(change.kind)
    said = comments.checked(change_kind, text, by=by, submitted=change.state != State.DRAFT)
    _record(change, "change.commented", by, f"{change_kind.title}: comment.", said)


def expire_old() -> int:
    """Expire submitted changes that waited longer than the setting allows. Returns how many.

    Changes of a file expire with it.
    """
    return sum(_expire(number) for number in expiry.over(Change.objects.filter(batch=None)))


def _expire_if_due(change_id: int) -> None:
    """Expire a change before a late decision, if beat has not done it yet.

    In a transaction of its own, so that the change stays expired when the decision is refused.
    """
    for number in expiry.over(Change.objects.filter(pk=change_id, batch=None)):
        _expire(number)


def _expire(change_id: int) -> bool:
    with transaction.atomic():
        change = Change.objects.select_for_update().get(pk=change_id)
        if change.state != State.SUBMITTED:  # another person has just decided it
            return False
        _move(change, State.EXPIRED)
        words = f"{kind(change.kind).title}: expired without a decision."
        _record(change, "change.expired", None, words)
    return True


def messages(change: Change) -> list[tuple[type[Request], Values]]:
    """Return the messages of a submitted change as they will go out, with secrets as SecretText."""
    return [
        (declared(change.kind, message["type"]), unseal_values(message["values"]))
        for message in change.messages
    ]


def draft_values(change: Change) -> Values:
    """Return the proposed values of a change, with secrets as SecretText."""
    return unseal_values(change.values)


def _stored(parts: Iterable[tuple[int, type[Request], Values]]) -> list[dict[str, object]]:
    return [{"type": message_type, "values": seal_values(part)} for message_type, _, part in parts]


def _undecided(change_id: int) -> Change:
    change = Change.objects.select_for_update().get(pk=change_id)
    if change.state != State.SUBMITTED:
        if change.state == State.EXPIRED:
            raise AlreadyDecided("This change expired without a decision. Its maker may start again from it.")
        by = f" by {change.decided_by}" if change.decided_by else ""
        raise AlreadyDecided(f"This change is {change.get_state_display().lower()}{by} already.")
    if change.batch_id is not None:
        raise NotAllowed("This change came in a file and is decided with it. Open the batch.")
    return change


def _as_seen(change: Change, content_hash: str) -> None:
    if not content_hash == change.content_hash == hash_of_messages(change.messages):
        raise Stale("This change was altered after you opened it. Review it again.")


def _carry_out(change: Change, by: "User | None", reason: str) -> None:
    """Carry out an approval, by the last of its checkers or (None) by a rule that needs none."""
    change_kind = kind(change.kind)
    _decide(change, State.APPROVED, by, reason)
    apply_here = change_kind.apply_here
    applied = apply_here(change, by or change.made_by) if apply_here else enqueue_all(change)
    _record(change, "change.approved", by, f"{change_kind.title}: approved.", change.decision_reason, applied)


def _decide(change: Change, state: State, by: "User | None", reason: str) -> None:
    change.decided_by = by
    change.decided_at = timezone.now()
    change.request_id = current_origin().request_id
    _move(change, state, reason)


def _move(change: Change, state: State, reason: str = "") -> None:
    """Save the decision's fields, and none of the submitted ones."""
    change.state, change.decision_reason = state, reason
    change.save(
        update_fields=["state", "decided_by", "decided_at", "decision_reason", "request_id", "updated_at"]
    )
    notify([change])


def _record(
    change: Change,
    action: str,
    by: "User | None",
    text: str,
    reason: str = "",
    applied: Applied | None = None,
) -> None:
    record(
        action,
        by=by,
        subject=change.subject,
        text=text,
        reason=reason,
        details={
            "kind": change.kind,
            "content_hash": change.content_hash,
            **({"not_before": ist(change.not_before, "minute")} if change.not_before else {}),
        },
        before=applied.before if applied and applied.before else None,
        after=applied.after if applied and applied.after else None,
        change_id=change.pk,
    )
