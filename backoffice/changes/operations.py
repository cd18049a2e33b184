"""What people do with changes: draft, submit, approve, reject, withdraw. Each verb has an actor."""

import secrets
import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.changes.errors import AlreadyDecided, HasErrors, NotAllowed, ReasonMissing, Stale
from backoffice.changes.kinds import Kind, kind
from backoffice.changes.models import Change, State
from backoffice.delivery.content import content_hash
from backoffice.delivery.queue import enqueue
from backoffice.delivery.wakeup import wake_after_commit
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding, errors
from backoffice.protocol.message import REQUESTS, Context, Request, check
from backoffice.protocol.split import split_message
from backoffice.seal import seal_values, unseal_values

if TYPE_CHECKING:
    from backoffice.staff.models import User

#: Letters and digits that nobody mistakes for one another.
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_reference(length: int = 20) -> str:
    """A reference for tag 227 or 252: random, so that a restored backup cannot repeat one (20 characters fit both)."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(length))


def look(kind_slug: str, values: Values) -> list[Finding]:
    """All findings on proposed values, for form and submission: the protocol's rules, then what the portal knows."""
    change_kind = kind(kind_slug)
    context = Context(
        today=timezone.localdate(),
        new_limit_structure=settings.ODIN_NEW_LIMIT_STRUCTURE,
        known=change_kind.known(_lane(values)).values,
    )
    return [*check(change_kind.message, values, context), *change_kind.findings(values)]


def save_draft(kind_slug: str, values: Values, *, by: "User", token: uuid.UUID, reason: str = "") -> Change:
    """Keep what a maker typed so far; a submitted change stays as it is. Raises NotAllowed on somebody else's draft."""
    _may(by, "changes.add_change", "You may not propose changes.")
    with transaction.atomic():
        version = kind(kind_slug).known(_lane(values)).version
        draft, _ = Change.objects.get_or_create(
            token=token, defaults={"kind": kind(kind_slug).slug, "made_by": by, "record_version": version}
        )
        if draft.made_by_id != by.pk:
            raise NotAllowed("This draft is somebody else's.")
        if draft.state != State.DRAFT:
            return draft
        draft.values = seal_values(values)
        draft.lane = _lane(values)[:40]  # a draft may hold anything typed, too long as well
        draft.reason = reason
        draft.save()
    return draft


def submit(kind_slug: str, values: Values, *, by: "User", reason: str, token: uuid.UUID) -> Change:
    """Propose a change to a checker. The same token a second time (a double click) gives the first change back.

    Raises NotAllowed, ReasonMissing, HasErrors with the findings, or Stale when the record moved on since the draft.
    """
    _may(by, "changes.add_change", "You may not propose changes.")
    if not reason.strip():
        raise ReasonMissing("Give a reason: the checker and the audit trail need it.")
    change_kind = kind(kind_slug)
    if done := Change.objects.filter(token=token, made_by=by).exclude(state=State.DRAFT).first():
        return done
    findings = look(kind_slug, values)
    if wrong := errors(findings):
        raise HasErrors(wrong)
    values = _with_reference(change_kind.message, values)
    known = change_kind.known(_lane(values))
    messages = _stored_messages(change_kind, values)
    try:
        with transaction.atomic():
            draft, _ = Change.objects.select_for_update().get_or_create(
                token=token,
                defaults={"kind": change_kind.slug, "made_by": by, "record_version": known.version},
            )
            if draft.made_by_id != by.pk:
                raise NotAllowed("This draft is somebody else's.")
            if draft.state != State.DRAFT:
                return draft
            if draft.record_version != known.version:
                raise Stale(
                    "ODIN confirmed another change of this record after you began. "
                    "Open the form anew from the retail user's page, so that you change its present values."
                )
            draft.lane = _lane(values)
            draft.values = seal_values(values)
            draft.before = known.values
            draft.record_version = known.version
            draft.messages = messages
            draft.content_hash = content_hash(messages)
            draft.findings = [asdict(finding) for finding in findings]
            draft.reason = reason.strip()
            draft.state = State.SUBMITTED
            draft.submitted_at = timezone.now()
            draft.save()
            _record(
                draft, "change.submitted", by, f"{change_kind.title}: submitted for approval.", draft.reason
            )
    except IntegrityError:  # the second of two clicks at the same moment
        return Change.objects.get(token=token, made_by=by)
    return draft


def approve(change_id: int, *, by: "User", content_hash: str, reason: str = "") -> Change:
    """Approve what the checker saw (`content_hash`) and put its messages in the queue.

    Raises NotAllowed, AlreadyDecided, or Stale when the content or the record is not what was seen.
    """
    _may(by, "changes.approve_change", "You may not approve changes. Ask a checker.")
    with transaction.atomic():
        change = _undecided(change_id)
        if change.made_by_id == by.pk:
            raise NotAllowed("You made this change; another person must approve it.")
        if change.content_hash != content_hash:
            raise Stale("The change is not the one you saw. Look at it again.")
        if kind(change.kind).known(change.lane).version == change.record_version:
            _decide(change, State.APPROVED, by, reason)
            _enqueue_all(change)
            _record(
                change, "change.approved", by, f"{kind(change.kind).title}: approved.", change.decision_reason
            )
            wake_after_commit()
        else:
            change.state = State.STALE
            change.save()
            _record(
                change,
                "change.stale",
                by,
                f"{kind(change.kind).title}: the record moved on after submission.",
            )
    if change.state == State.STALE:  # raised out here, so that the state is kept
        raise Stale(
            "The record moved on after this change was submitted. The maker must start again from it."
        )
    return change


def reject(change_id: int, *, by: "User", reason: str) -> Change:
    """Reject a change. Raises NotAllowed, ReasonMissing or AlreadyDecided."""
    _may(by, "changes.approve_change", "You may not reject changes. Ask a checker.")
    if not reason.strip():
        raise ReasonMissing("Say why you reject it: the maker needs to know.")
    with transaction.atomic():
        change = _undecided(change_id)
        if change.made_by_id == by.pk:
            raise NotAllowed("You made this change: withdraw it instead.")
        _decide(change, State.REJECTED, by, reason)
        _record(
            change, "change.rejected", by, f"{kind(change.kind).title}: rejected.", change.decision_reason
        )
    return change


def withdraw(change_id: int, *, by: "User", reason: str = "") -> Change:
    """The maker takes a change back before it is decided. Raises NotAllowed or AlreadyDecided."""
    with transaction.atomic():
        change = _undecided(change_id)
        if change.made_by_id != by.pk:
            raise NotAllowed("Only the person who made this change may withdraw it.")
        change.state = State.WITHDRAWN
        change.decision_reason = reason.strip()
        change.save()
        _record(
            change, "change.withdrawn", by, f"{kind(change.kind).title}: withdrawn.", change.decision_reason
        )
    return change


def messages(change: Change) -> list[tuple[type[Request], Values]]:
    """The messages of a submitted change, as they will go out, with secrets as SecretText."""
    return [(REQUESTS[message["type"]], unseal_values(message["values"])) for message in change.messages]


def draft_values(change: Change) -> Values:
    """What a change proposes, with secrets as SecretText."""
    return unseal_values(change.values)


def _stored_messages(change_kind: Kind, values: Values) -> list[dict[str, object]]:
    return [
        {"type": message.type, "values": seal_values(part)}
        for message, part in split_message(change_kind.message, values)
    ]


def _with_reference(message: type[Request], values: Values) -> Values:
    if "reference" in message.fields and not values.get("reference"):
        return {**values, "reference": new_reference()}
    return values


def _lane(values: Values) -> str:
    group_id, user_id = values.get("group_id", ""), values.get("user_id", "")
    return f"{group_id}/{user_id}" if group_id and user_id else ""


def _may(person: "User", permission: str, words: str) -> None:
    if not person.has_perm(permission):
        raise NotAllowed(words)


def _undecided(change_id: int) -> Change:
    change = Change.objects.select_for_update().get(pk=change_id)
    if change.state != State.SUBMITTED:
        by = f" by {change.decided_by.get_username()}" if change.decided_by else ""
        raise AlreadyDecided(f"This change is {change.get_state_display().lower()}{by} already.")
    return change


def _decide(change: Change, state: State, by: "User", reason: str) -> None:
    change.state = state
    change.decided_by = by
    change.decided_at = timezone.now()
    change.decision_reason = reason.strip()
    change.save()


def _enqueue_all(change: Change) -> None:
    for message in change.messages:
        enqueue(
            change_id=change.pk,
            message_type=message["type"],
            lane=change.lane,
            values=message["values"],
            reference=message["values"].get("reference", ""),
        )


def _record(change: Change, action: str, by: "User", text: str, reason: str = "") -> None:
    record(
        action,
        by=by,
        subject=change.lane,
        text=text,
        reason=reason,
        details={"kind": change.kind, "content_hash": change.content_hash},
        change_id=change.pk,
    )
