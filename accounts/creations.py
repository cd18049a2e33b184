"""Shared by the kinds of change that create a retail user in the portal: creation and declaration."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from accounts import comparing
from accounts.duplicates import shared_findings, waiting_findings
from accounts.models import Source
from accounts.retail_users import lane_of
from accounts.updates import ACCOUNTS
from backoffice.changes.examination import Asked, Assess, Assessed, Known
from backoffice.changes.files import Unique
from backoffice.changes.models import Change
from backoffice.changes.models import State as ChangeState
from backoffice.delivery.holding import held
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import OPEN
from backoffice.outside import quoted
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding, Severity
from backoffice.protocol.message import Request
from backoffice.protocol.messages.users import CreateRetailUser

CREATE_RETAIL_USER, REGISTER_RETAIL_USER = "create_retail_user", "register_retail_user"
#: Fields of a 301 that are not stored, or are new each time.
NOT_KEPT = ("password", "reference", "declared_from")

#: The columns of a file whose values are counted for the checker.
MATTERS = (
    "group_id",
    "manager_id",
    "branch",
    "status",
    "poa",
    "gst_template",
    "products",
    "trading_segments",
    "login_types",
    "odin_user_type",
)
#: Values that two rows of a file should not share unless they are about one person.
SAME_PERSON = (
    Unique(("pan",), "has the same PAN. Check for a duplicate.", severity=Severity.WARNING),
    Unique(("mobile",), "has the same mobile number. Check for a duplicate.", severity=Severity.WARNING),
    Unique(
        ("bank_id", "account_no"),
        "has the same bank account. Check for a duplicate.",
        each="banks",
        severity=Severity.WARNING,
    ),
    Unique(
        ("dp_id", "beneficiary_id"),
        "has the same demat account. Check for a duplicate.",
        each="demats",
        severity=Severity.WARNING,
    ),
)


def assess(message: type[Request], *, settles_declared: bool) -> Assess:
    """The assessment of proposals that create a user.

    One is done if the user exists with all of its values. ODIN has not confirmed declared values:
    `settles_declared` says that they count for a declaration.
    """

    def assess_many(many: Sequence[Asked], known: Sequence[Known]) -> list[Assessed]:
        found = _findings([asked.values for asked in many], known)
        return [
            Assessed(findings, _is_here(asked.values, record, message, settles_declared))
            for asked, record, findings in zip(many, known, found, strict=True)
        ]

    return assess_many


def _findings(many: Sequence[Values], known: Sequence[Known]) -> list[list[Finding]]:
    """Return the findings: user exists or is being created, details of another user, contradictions in its own."""
    here = {record.record.lane for record in known if record.record is not None}
    lanes = {lane_of(values) for values in many} - here
    waiting = Change.objects.filter(
        subject__among=lanes, kind__in=(CREATE_RETAIL_USER, REGISTER_RETAIL_USER), state=ChangeState.SUBMITTED
    )
    under_way = Delivery.objects.filter(
        lane__among=lanes, message_type=CreateRetailUser.type, state__in=OPEN
    ).only("lane", "state")
    changes = dict(waiting.order_by("-pk").values_list("subject", "pk"))
    waiting_for = Counter(held().filter(lane__among=lanes).values_list("lane", flat=True))
    deliveries = {delivery.lane: delivery for delivery in under_way.order_by("-pk")}
    return [
        [
            *_addressable(values),
            *_already_there(values, here, changes, deliveries),
            *_waiting(waiting_for[lane_of(values)]),
            *shared,
            *waiting,
            *comparing.findings(values),
        ]
        for values, shared, waiting in zip(
            many,
            shared_findings(many),
            waiting_findings(many, (CREATE_RETAIL_USER, REGISTER_RETAIL_USER)),
            strict=True,
        )
    ]


def _addressable(values: Values) -> Iterator[Finding]:
    for name, label in (("group_id", "group id"), ("user_id", "user id")):
        text = str(values.get(name, ""))
        if "/" in text or text in (".", ".."):
            words = f"{quoted(text)} cannot be a {label} here: users are named GROUP/USER. Leave out the /."
            yield Finding(name, words, rule="portal.lane")


def _waiting(count: int) -> Iterator[Finding]:
    if count:
        several = f"{count} approved message{'' if count == 1 else 's'}"
        words = (
            f"Check what goes out after this create: {several} of an earlier create, which ODIN refused. "
            "What you fill in below replaces what waits of the same kind."
        )
        yield Finding("user_id", words, Severity.WARNING, rule="portal.waiting")


def _already_there(
    values: Values,
    here: Collection[str],
    changes: Mapping[str, int],
    deliveries: Mapping[str, Delivery],
) -> Iterator[Finding]:
    lane = lane_of(values)
    if not values.get("group_id") or not values.get("user_id"):
        return
    if lane in here:
        words = f"{lane} is already a retail user here. Open its page to see it, or choose another user id."
        yield Finding("user_id", words, rule="portal.exists")
        return
    if lane in changes:
        words = f"C-{changes[lane]} already proposes {lane} and waits for a checker."
        yield Finding("user_id", f"{words} Wait for it, or choose another user id.", rule="portal.pending")
    if lane in deliveries:
        delivery = deliveries[lane]
        state = delivery.get_state_display().lower()
        words = f"{lane} is being created already: D-{delivery.pk} is {state}."
        yield Finding("user_id", f"{words} Wait for its outcome.", rule="portal.pending")


def _is_here(values: Values, known: Known, message: type[Request], settles_declared: bool) -> bool:
    if known.record is None:
        return False
    said = {name for name, value in values.items() if value}
    by_odin = known.record.source == Source.CREATED and not said.intersection(known.record.declared_fields)
    return (
        (settles_declared or by_odin)
        and _complete(values, message)
        and all(
            _confirmed(known.values or {}, name, value)
            for name, value in values.items()
            if value and name not in NOT_KEPT
        )
    )


def _complete(values: Values, message: type[Request]) -> bool:
    """Whether all stored mandatory fields are filled: otherwise such a row was never applied."""
    return all(
        values.get(name)
        for name, declared in message.fields.items()
        if declared.required and name not in NOT_KEPT
    )


def _confirmed(known: Mapping[str, Any], name: str, value: Any) -> bool:
    """Whether the known value equals it. Empty parts of a record are ignored."""
    confirmed = known.get(name)
    if isinstance(value, dict):
        return _within(value, confirmed)
    if name in ACCOUNTS:
        return all(any(_within(record, one) for one in confirmed or ()) for record in value)
    return set(value) == set(confirmed or ()) if isinstance(value, list) else value == confirmed


def _within(record: Mapping[str, str], confirmed: Any) -> bool:
    return bool(confirmed) and all(confirmed.get(name, "") == part for name, part in record.items() if part)
