"""Fetching a partner's API keys: proposed, approved, then asked for once by a worker (C39)."""

import logging
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.changes import operations as changes
from backoffice.changes.examination import Known
from backoffice.changes.models import Change
from backoffice.connector import client
from backoffice.connector.api.keys import GivenKey
from backoffice.connector.client import KeysAnswer, KeysOutcome
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding
from backoffice.seal import SealError, seal
from backoffice.wakeups import Work, wake_after_commit
from partners import registry, switches, tokens
from partners.errors import ConnectorProblem
from partners.findings import found
from partners.hashing import sha256
from partners.keys import MODEL, endpoint_fault
from partners.models import ApiKey, KeyFetch, Partner
from partners.models.invitations import Purpose
from partners.models.keys import FetchState
from partners.models.records import FindingKind

if TYPE_CHECKING:
    from backoffice.logins.models import User

logger = logging.getLogger(__name__)

KEYS = "connector_keys"
#: A fetch that a worker began so long ago has no answer any more: the worker died.
GIVE_UP = timedelta(minutes=2)
UNKNOWN = "The vendor may have made new keys and ended the old ones. Propose a new fetch, or ask the vendor."
_STATES = {
    KeysOutcome.REFUSED: FetchState.REFUSED,
    KeysOutcome.NOT_SENT: FetchState.NOT_SENT,
    KeysOutcome.UNKNOWN: FetchState.UNKNOWN,
}


# --- proposing and approving ----------------------------------------------------------------------------------------


def propose(partner: Partner, *, by: "User", reason: str, token: uuid.UUID) -> Change:
    """Propose to fetch a partner's keys, for the first time or again. A checker decides.

    Raises the errors of `changes.submit`.
    """
    return changes.submit(KEYS, _values(partner), by=by, reason=reason, token=token)


def _values(partner: Partner) -> Values:
    return {
        "partner": partner.code,
        "name": partner.name,
        "partner_id": _partner_id(partner),
        "service": settings.CONNECTOR_KEYS_URL[:200],
        "hosts": " ".join(partner.hosts),
    }


def known(subject: str) -> Known:
    """A registry entry, as this kind of change asks for it: a fetch is for the entry that its maker saw."""
    partner = _partner(subject.partition(":")[2])
    return Known(partner.version) if partner else Known()


def findings(values: Values) -> list[Finding]:
    """Findings on a fetch: model 3 is closed to the partner, something is not set, or one is under way."""
    partner = _partner(str(values.get("partner") or ""))
    if partner is None:
        return [Finding("partner", "There is no such partner.")]
    wrong = []
    if not settings.CONNECTOR_KEYS_URL:
        wrong.append(Finding("service", "No address is set to fetch keys from (CONNECTOR_KEYS_URL)."))
    if words := _closed(partner):
        wrong.append(Finding("partner", words))
    if not partner.partner_ids:
        wrong.append(Finding("partner_id", f"{partner.name} has no Partner ID. Add it to the registry."))
    if not partner.hosts:
        words = f"The registry lists no host of key endpoints for {partner.name}: every key would be refused."
        wrong.append(Finding("hosts", words))
    if KeyFetch.objects.filter(partner=partner, state__in=(FetchState.WAITING, FetchState.ASKED)).exists():
        wrong.append(Finding("partner", f"A fetch of the keys of {partner.name} is under way. Wait for it."))
    return wrong


def order(values: dict[str, Any], change: Change) -> KeyFetch:
    """Order the fetch that a checker approved; a worker carries it out. Raises ConnectorProblem."""
    if wrong := findings(values):
        raise ConnectorProblem(wrong[0].text)
    try:
        with transaction.atomic():
            made = KeyFetch.objects.create(partner=Partner.objects.get(code=values["partner"]), change=change)
    except IntegrityError:
        raise ConnectorProblem("A fetch of these keys is under way. Wait for it.") from None
    wake_after_commit(Work.KEYS)
    return made


def _closed(partner: Partner) -> str:
    """Why no keys are fetched for a partner now; "" if nothing speaks against it."""
    if not partner.serves:
        return f"{partner.name} is external: it fetches its own keys, since the vendor asks it for the check."
    if not registry.active(partner):
        return f"{partner.name} is {partner.get_state_display().lower()}."
    if str(MODEL) not in settings.CONNECTOR_MODELS or str(MODEL) not in partner.models_allowed:
        return f"Model 3 is not allowed for {partner.name}."
    return ""


def _partner(code: str) -> Partner | None:
    return Partner.objects.filter(code=code).first()


def _partner_id(partner: Partner) -> str:
    return str(partner.partner_ids[0]["partner_id"]) if partner.partner_ids else ""


# --- carrying out -------------------------------------------------------------------------------------------------


def fetch_due() -> int:
    """Carry out the fetches that are approved, each once. Returns how many. Call it outside of any transaction.

    A fetch whose worker died is unknown, and is never repeated.
    """
    _give_up()
    count = 0
    for fetch in KeyFetch.objects.filter(state=FetchState.WAITING).select_related("partner"):
        claimed = KeyFetch.objects.filter(pk=fetch.pk, state=FetchState.WAITING)
        if claimed.update(state=FetchState.ASKED, asked_at=timezone.now()):
            _fetch(fetch)
            count += 1
    return count


def _give_up() -> None:
    late = KeyFetch.objects.filter(state=FetchState.ASKED, asked_at__lte=timezone.now() - GIVE_UP)
    for fetch in late.select_related("partner"):
        _end(fetch, FetchState.UNKNOWN, f"The worker ended before an answer came. {UNKNOWN}")


def _fetch(fetch: KeyFetch) -> None:
    """Ask once, and store the answer. The token is committed before the call, since the vendor checks it meanwhile."""
    partner = fetch.partner
    held = switches.holding(model=MODEL, partner=partner)
    if words := f"A kill switch holds: {held}." if held else _closed(partner):
        _end(fetch, FetchState.NOT_SENT, words)
        return
    try:
        application = registry.application_token(partner)
    except SealError as error:
        _end(fetch, FetchState.NOT_SENT, str(error))
        return
    token = tokens.mint(Purpose.API_KEYS, partner)
    answer = client.api_keys(application, token, _partner_id(partner))
    if answer.outcome is KeysOutcome.GIVEN:
        _take(fetch, answer)
    else:
        unknown = f" {UNKNOWN}" if answer.outcome is KeysOutcome.UNKNOWN else ""
        _end(fetch, _STATES[answer.outcome], f"{answer.words}{unknown}")


def _take(fetch: KeyFetch, answer: KeysAnswer) -> None:
    """Store the keys, replacing the previous ones, or refuse all of them if one endpoint is not allowed."""
    with transaction.atomic():
        partner = Partner.objects.select_for_update(no_key=True).get(pk=fetch.partner_id)
        for key in answer.keys:
            if words := endpoint_fault(key.endpoint, partner.hosts):
                words = (
                    f"The keys were refused: of the {key.type} key, {words} Nothing of the answer is kept."
                )
                _end(fetch, FetchState.REFUSED, words)
                return
        words = f"Keys fetched: {', '.join(_shown(key) for key in answer.keys)}."
        if not _end(fetch, FetchState.DONE, words):
            return
        now = timezone.now()
        current = ApiKey.objects.filter(partner=partner, replaced_at=None)
        current.update(replaced_at=now, sealed_key="", sealed_secret="")
        ApiKey.objects.bulk_create(
            ApiKey(
                partner=partner,
                type=key.type,
                sealed_key=seal(key.key),
                sealed_secret=seal(key.secret) if key.secret else "",
                endpoint=key.endpoint,
                fingerprint=_fingerprint(key),
                change_id=fetch.change_id,
                fetched_at=now,
            )
            for key in answer.keys
        )


def _fingerprint(key: GivenKey) -> str:
    return sha256(key.key.reveal())[:12]


def _shown(key: GivenKey) -> str:
    return f"{key.type} {_fingerprint(key)}"


def _end(fetch: KeyFetch, state: FetchState, words: str) -> bool:
    """Say how a fetch ended, once. False if another process said it before: its word stays."""
    partner = fetch.partner
    with transaction.atomic():
        asked = KeyFetch.objects.filter(pk=fetch.pk, state=FetchState.ASKED)
        if not asked.update(state=state, words=words[:500], ended_at=timezone.now()):
            logger.warning("Fetch %d of keys was ended by another process before its answer.", fetch.pk)
            return False
        record(
            "connector.keys",
            by=None,
            subject=partner.subject,
            text=f"{state.label}: {words}",
            details={"partner": partner.code, "change": fetch.change_id},
            change_id=fetch.change_id,
        )
        if state is not FetchState.DONE:
            text = f"The keys of {partner.name}: {state.label.lower()}. {words}"
            found(FindingKind.KEYS, f"{partner.subject} C-{fetch.change_id}", text, partner=partner)
    return True
