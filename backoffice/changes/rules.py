"""Approval rules: how many checkers each kind of change needs, and the kind of change by which a rule is changed."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings

from backoffice.changes import kinds
from backoffice.changes.approvals import approved_values
from backoffice.changes.kinds import Kind, Known
from backoffice.changes.models import ApprovalRule, Change
from backoffice.changes.risks import Risk
from backoffice.delivery.handlers import Applied
from backoffice.protocol.codes import Choice
from backoffice.protocol.fields import Amount, Code, Text, Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.message import Request

if TYPE_CHECKING:
    from backoffice.logins.models import User

APPROVAL_RULE = "approval_rule"
#: `Change.lane` of a change of a rule.
PREFIX = "rule:"


class Checkers(Choice):
    """How many people must approve."""

    NONE = "0", "None: it goes out when it is submitted"
    ONE = "1", "One checker"
    TWO = "2", "Two checkers"


class SetApprovalRule(Request, abstract=True):
    """How many checkers a kind of change needs."""

    title = "Approval rule"

    kind = Text(0, "Kind of change", max_length=40, required=True)
    checkers = Code(
        0,
        "Checkers",
        Checkers,
        required=True,
        consequences={"0": "Such changes go to ODIN with nobody but their maker having seen them."},
    )
    above = Amount(
        0,
        "Two checkers above",
        help="Rupees. A change that adds more needs two checkers. Empty: no such limit.",
        example="1000000",
    )


def rule(slug: str) -> ApprovalRule:
    """The rule in force for a kind: the one that admins set, else one checker, two above the setting's amount."""
    found = ApprovalRule.objects.filter(kind=slug).first()
    return found or default(slug)


def default(slug: str) -> ApprovalRule:
    """The rule of a kind that nobody set one for. It is not stored."""
    adds_money = kinds.kind(slug).amount is not None
    above = Decimal(str(settings.CHANGES_TWO_CHECKERS_ABOVE)) if adds_money else None
    return ApprovalRule(kind=slug, checkers=1, above=above, version=0)


def is_large(amount: Decimal | None, in_force: ApprovalRule) -> bool:
    """Whether an amount (rupees) is above the rule's limit."""
    return amount is not None and in_force.above is not None and amount > in_force.above


def checkers_for(amount: Decimal | None, in_force: ApprovalRule) -> int:
    """How many must approve a change that adds so many rupees."""
    return 2 if is_large(amount, in_force) else in_force.checkers


def register() -> None:
    """Make the kind of change known by which a rule is changed."""
    kinds.register(
        Kind(
            APPROVAL_RULE,
            SetApprovalRule.title,
            SetApprovalRule,
            _known,
            _findings,
            take=_take,
            subject=lambda values: f"{PREFIX}{values['kind']}" if values.get("kind") else "",
            propose="changes.propose_approvalrule",
            decide="changes.decide_approvalrule",
            risks=lambda values, known: {Risk.RULE} if values.get("checkers") == Checkers.NONE else set(),
        )
    )


def values_of(in_force: ApprovalRule) -> Values:
    """A rule as the form and the change have it."""
    above = "" if in_force.above is None else f"{in_force.above:.2f}"
    return {"kind": in_force.kind, "checkers": str(in_force.checkers), "above": above}


def _known(lane: str) -> Known:
    slug = lane.removeprefix(PREFIX)
    if slug not in kinds.KINDS:
        return Known()
    in_force = rule(slug)
    return Known(in_force.version, values_of(in_force))


def _findings(values: Values) -> list[Finding]:
    """What speaks against a rule: no such kind, what guards the portal itself left unguarded, nothing changed."""
    slug = str(values.get("kind", ""))
    if slug not in kinds.KINDS:
        return [Finding("kind", "There is no such kind of change. Choose one of the list.")]
    found = []
    if values.get("checkers") == Checkers.NONE and kinds.kind(slug).guards_portal:
        words = f"{kinds.kind(slug).title} always needs a checker. Choose one or two."
        found.append(Finding("checkers", words))
    if values.get("above") and kinds.kind(slug).amount is None:
        found.append(Finding("above", "This kind of change adds no rupees. Leave the amount empty."))
    if {**values_of(rule(slug)), "above": _plain(values_of(rule(slug)))} == {
        **values,
        "above": _plain(values),
    }:
        found.append(Finding("checkers", "This is the rule in force already. Change something, or leave it."))
    return found


def _plain(values: Values) -> str:
    """The amount of a rule without idle zeros, so that 1000000 and 1000000.00 are the same."""
    text = str(values.get("above", ""))
    return text.rstrip("0").rstrip(".") if "." in text else text


def _take(change: Change, by: "User") -> Applied:
    """Put an approved rule into force."""
    values: Any = approved_values(change)
    slug = values["kind"]
    before = rule(slug)
    ApprovalRule.objects.update_or_create(
        kind=slug,
        defaults={
            "checkers": int(values["checkers"]),
            "above": Decimal(values["above"]) if values.get("above") else None,
            "version": before.version + 1,
        },
    )
    return Applied(dict(values_of(before)), dict(values_of(rule(slug))))
