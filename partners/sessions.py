"""Sessions of model 2 and the vendor's ids of clients (C25, C28 to C32)."""

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import RetailUser
from backoffice.audit.operations import record
from backoffice.changes import operations as changes
from backoffice.changes.examination import Known
from backoffice.changes.models import Change
from backoffice.free_text import checked
from backoffice.outside import whole
from backoffice.protocol.codes import UserStatus
from backoffice.protocol.fields import SecretText, Values
from backoffice.protocol.findings import Finding
from backoffice.seal import seal
from partners.errors import ConnectorProblem
from partners.hashing import sha256
from partners.models import ConnectorSession, Partner, PartnerClient
from partners.models.records import KillSwitch, Scope
from partners.models.registry import MappingState, PartnerState
from partners.models.sessions import SessionEnd
from partners.rights import SETTLE, need

if TYPE_CHECKING:
    from backoffice.logins.models import User

MAPPING = "connector_mapping"
#: Said wherever a session is revoked (C32).
REVOKED_HERE = (
    "The portal no longer uses this session. Whether the vendor still honours it cannot be known here: ask the vendor "
    "to end the session of this client."
)


# --- keeping ------------------------------------------------------------------------------------------------------


def keep(partner: Partner, client: RetailUser, session: SecretText, rest: SecretText) -> ConnectorSession:
    """Store a session, replacing the previous one (C29). `rest`: the session for REST, empty if there is none."""
    now = timezone.now()
    with transaction.atomic():
        Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        _end(live().filter(partner=partner, client=client), SessionEnd.REPLACED)
        return ConnectorSession.objects.create(
            partner=partner,
            client=client,
            sealed=seal(session),
            sealed_rest=seal(rest) if rest else "",
            fingerprint=sha256(session.reveal())[:12],
            until=_until(now),
        )


def live() -> QuerySet[ConnectorSession]:
    """Return the sessions that are kept now, including those that have just expired."""
    return ConnectorSession.objects.filter(ended_at__isnull=True)


def usable(partner: Partner, client: RetailUser) -> ConnectorSession | None:
    """The session that a basket may be asked for with: live, of a bound client who is active (C25, C30)."""
    bound = PartnerClient.objects.filter(partner=partner, client=client, mapping=MappingState.BOUND)
    if client.status != UserStatus.ACTIVE or not bound.exists():
        return None
    return live().filter(partner=partner, client=client, until__gt=timezone.now()).first()


def _until(now: datetime) -> datetime:
    """The end of the day in India, or CONNECTOR_SESSION_HOURS, whichever is earlier."""
    midnight = timezone.localtime(now).replace(hour=23, minute=59, second=59, microsecond=0)
    return min(midnight, now + timedelta(hours=settings.CONNECTOR_SESSION_HOURS))


# --- ending -------------------------------------------------------------------------------------------------------


def revoke(session: ConnectorSession, *, by: "User", reason: str) -> None:
    """Revoke a session, by staff.

    `REVOKED_HERE` names what this cannot do. Raises NotPermitted and ConnectorProblem.
    """
    need(by, SETTLE, "You may not revoke sessions. Ask whoever settles the Connector's findings.")
    reason = checked(reason, ConnectorProblem, "Say why you revoke it: the trail needs it.")
    with transaction.atomic():
        if not _end(live().filter(pk=session.pk), SessionEnd.STAFF, by):
            raise ConnectorProblem("This session has ended already.")
        _record("connector.session_revoked", session, by, "Session revoked by staff.", reason)


def revoke_by_client(partner: Partner, client: RetailUser) -> int:
    """Revoke a client's own session at a partner, asked for on the page of one of their links. Returns how many."""
    with transaction.atomic():
        return _end(live().filter(partner=partner, client=client), SessionEnd.CLIENT)


def end_invalid(session: ConnectorSession) -> None:
    """End a session that the Connector called invalid (C30)."""
    with transaction.atomic():
        _end(live().filter(pk=session.pk), SessionEnd.INVALID)


def end_of_partner(partner: Partner) -> int:
    """End the sessions of a partner that is not active. Returns how many."""
    if partner.state == PartnerState.ACTIVE:
        return 0
    return _end(live().filter(partner=partner), SessionEnd.PARTNER)


def end_of_switch(switch: KillSwitch) -> int:
    """End the sessions that a kill switch stops. Returns how many."""
    own = live()
    if switch.scope == Scope.CLIENT:
        group_id, _, user_id = switch.target.partition("/")
        own = own.filter(client__group_id=group_id, client__user_id=user_id)
    elif switch.scope in (Scope.PARTNER, Scope.PRODUCT):
        own = own.filter(partner__code=switch.target.partition("/")[0])
    elif switch.scope == Scope.MODEL and switch.target != "2":
        own = own.none()
    return _end(own, SessionEnd.SWITCH)


def end_due() -> int:
    """End expired sessions, and those of clients who are no longer active. Returns how many (C29)."""
    with transaction.atomic():
        late = _end(live().filter(until__lte=timezone.now()), SessionEnd.DAY)
        return late + _end(live().filter(~Q(client__status=UserStatus.ACTIVE)), SessionEnd.USER)


def _end(found: QuerySet[ConnectorSession], end: SessionEnd, by: "User | None" = None) -> int:
    """End sessions; the sealed values go with them. Each is an audit entry."""
    ended = 0
    for session in found.select_related("client", "partner"):
        done = (
            live()
            .filter(pk=session.pk)
            .update(ended_at=timezone.now(), end=end, ended_by=by, sealed="", sealed_rest="")
        )
        if done and end != SessionEnd.STAFF:
            words = f"Session ended: {end.label.lower()}."
            _record("connector.session_ended", session, by, words, by_client=end == SessionEnd.CLIENT)
        ended += done
    return ended


def _record(
    action: str,
    session: ConnectorSession,
    by: "User | None",
    text: str,
    reason: str = "",
    *,
    by_client: bool = False,
) -> None:
    record(
        action,
        by=by,
        by_client=by_client,
        subject=session.client.lane,
        text=f"{session.partner.name}: {text}",
        reason=reason,
        details={"partner": session.partner.code, "fingerprint": session.fingerprint},
    )


# --- mappings -----------------------------------------------------------------------------------------------------


def claim(names: PartnerClient, vas_user_id: str) -> None:
    """Store an unproven id of the vendor from a callback, for a person to approve or not (C25, C31)."""
    PartnerClient.objects.filter(pk=names.pk).update(
        claimed_vas_user_id=vas_user_id,
        mapping=MappingState.CLAIMED,
        version=names.version + 1,
    )


def bind_proven(names: PartnerClient, vas_user_id: str) -> bool:
    """Bind an id of the vendor whose callback named the client's UCC. False if another client has it."""
    try:
        with transaction.atomic():
            PartnerClient.objects.filter(pk=names.pk).update(
                vas_user_id=vas_user_id,
                claimed_vas_user_id="",
                mapping=MappingState.BOUND,
                version=names.version + 1,
            )
    except IntegrityError:
        return False
    return True


def propose_mapping(names: PartnerClient, *, by: "User", reason: str, token: uuid.UUID) -> Change:
    """Propose to bind the id that a callback claimed. A checker decides. Raises the errors of `changes.submit`."""
    values: Values = {
        "mapping": str(names.pk),
        "partner": names.partner.name,
        "client": names.client.lane,
        "vas_user_id": names.claimed_vas_user_id,
    }
    return changes.submit(MAPPING, values, by=by, reason=reason, token=token)


def known(lane: str) -> Known:
    """A mapping, as its kind of change asks for it."""
    names = _names(lane.partition(":")[2])
    return Known(names.version, {"vas_user_id": names.vas_user_id}) if names else Known()


def findings(values: Values) -> list[Finding]:
    """Findings on a mapping: nothing is claimed, something else is, or another client has the id."""
    names = _names(values.get("mapping"))
    wanted = values.get("vas_user_id")
    if names is None or not wanted or names.claimed_vas_user_id != wanted:
        return [Finding("vas_user_id", "No login callback claims this id for this client.")]
    if names.partner.clients.filter(vas_user_id=wanted).exclude(pk=names.pk).exists():
        return [Finding("vas_user_id", "Another client of this partner has this id (C31).")]
    return []


def bind(values: dict[str, Any], *, by: "User") -> tuple[dict[str, object], dict[str, object]]:
    """Bind by an approved change. Returns the values before and after. Raises ConnectorProblem."""
    names = _names(values["mapping"])
    if names is None or (wrong := findings(values)):
        raise ConnectorProblem(wrong[0].text if names else "There is no such mapping.")
    before = names.vas_user_id
    if not bind_proven(names, values["vas_user_id"]):
        raise ConnectorProblem("Another client of this partner has this id.")
    PartnerClient.objects.filter(pk=names.pk).update(settled_by=by)
    return {"vas_user_id": before}, {"vas_user_id": values["vas_user_id"]}


def _names(text: object) -> PartnerClient | None:
    number = whole(text)
    return (
        PartnerClient.objects.select_related("partner", "client").filter(pk=number).first()
        if number
        else None
    )
