"""The kind of change that sets an approval rule."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from backoffice.changes import kinds
from backoffice.changes.approvals import approved_values
from backoffice.changes.examination import Known, each
from backoffice.changes.kinds import ChangeKind
from backoffice.changes.models import ApprovalRule, Change
from backoffice.changes.risks import Risk
from backoffice.changes.rules import rule
from backoffice.delivery.handlers import Applied
from backoffice.protocol.codes import Choice
from backoffice.protocol.fields import Amount, Code, Text, Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.message import Request

if TYPE_CHECKING:
    from backoffice.logins.models import User

APPROVAL_RULE = "approval_rule"
#: `Change.subject` of a change of a rule.
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
        consequences={"0": "Such changes go to ODIN without a check by a second person."},
    )
    above = Amount(
        0,
        "Two checkers above",
        help="Rupees. A change that adds more needs two checkers. Empty: no such limit.",
        example="1000000",
    )


def values_of(in_force: ApprovalRule) -> Values:
    """Return a rule as form and change store it."""
    above = "" if in_force.above is None else f"{in_force.above:.2f}"
    return {"kind": in_force.kind, "checkers": str(in_force.checkers), "above": above}


def subject(values: Values) -> str:
    """Return `rule:KIND` of the kind of change in the values; "" while there is none."""
    return f"{PREFIX}{values['kind']}" if values.get("kind") else ""


def records(subjects: Sequence[str]) -> list[Known]:
    """Return the rules in force, each with its version."""
    return [_known(subject.removeprefix(PREFIX)) for subject in subjects]


def _known(slug: str) -> Known:
    if slug not in kinds.KINDS:
        return Known()
    in_force = rule(slug)
    return Known(in_force.version, values_of(in_force))


def findings(values: Values) -> list[Finding]:
    """Return findings on a rule: unknown kind, no checker for changes of rights, nothing changed."""
    slug = str(values.get("kind", ""))
    if slug not in kinds.KINDS:
        return [Finding("kind", "There is no such kind of change. Choose one of the list.")]
    found = []
    if values.get("checkers") == Checkers.NONE and kinds.kind(slug).guards_portal:
        words = f"{kinds.kind(slug).title} always needs a checker. Choose one or two."
        found.append(Finding("checkers", words))
    if values.get("above") and not kinds.kind(slug).adds_rupees:
        found.append(Finding("above", "This kind of change adds no rupees. Leave the amount empty."))
    if {**values_of(rule(slug)), "above": _plain(values_of(rule(slug)))} == {
        **values,
        "above": _plain(values),
    }:
        found.append(Finding("checkers", "This is the rule in force already. Change something, or leave it."))
    return found


def _plain(values: Values) -> str:
    """Return the amount of a rule without trailing zeros, so that 1000000 and 1000000.00 are equal."""
    text = str(values.get("above", ""))
    return text.rstrip("0").rstrip(".") if "." in text else text


def apply_here(change: Change, by: "User") -> Applied:
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


KIND = ChangeKind(
    slug=APPROVAL_RULE,
    title=SetApprovalRule.title,
    message=SetApprovalRule,
    page=lambda subject: reverse("changes:rule", args=[subject.removeprefix(PREFIX)]),
    records=records,
    assess=each(findings),
    subject=subject,
    risks=lambda values, known: {Risk.RULE} if values.get("checkers") == Checkers.NONE else set(),
    propose="changes.propose_approvalrule",
    decide="changes.decide_approvalrule",
    apply_here=apply_here,
)
