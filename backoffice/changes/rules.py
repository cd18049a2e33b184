"""Approval rules: how many checkers each kind of change needs."""

from collections.abc import Iterable
from decimal import Decimal

from django.conf import settings

from backoffice.changes import kinds, risks
from backoffice.changes.examination import Known
from backoffice.changes.kinds import ChangeKind
from backoffice.changes.models import ApprovalRule
from backoffice.changes.risks import Risk
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding


def rule(slug: str) -> ApprovalRule:
    """Return the rule in force for a kind: the one set by admins, else one checker, two above the setting's amount."""
    found = ApprovalRule.objects.filter(kind=slug).first()
    return found or default(slug)


def default(slug: str) -> ApprovalRule:
    """Return the rule of a kind without a set one. It is not stored."""
    adds_money = kinds.kind(slug).adds_rupees
    above = Decimal(str(settings.CHANGES_TWO_CHECKERS_ABOVE)) if adds_money else None
    return ApprovalRule(kind=slug, checkers=1, above=above, version=0)


def together(slug: str, follow_ups: Iterable[str]) -> ApprovalRule:
    """Return the rule for a change that sends messages of several kinds: the strictest of all, not stored."""
    in_force = [rule(slug), *(rule(other) for other in sorted(set(follow_ups) - {slug}))]
    limits = [each.above for each in in_force if each.above is not None]
    checkers = max(each.checkers for each in in_force)
    return ApprovalRule(
        kind=slug, checkers=checkers, above=min(limits, default=None), version=in_force[0].version
    )


def is_large(amount: Decimal | None, in_force: ApprovalRule) -> bool:
    """Whether an amount (rupees) is above the rule's limit."""
    return amount is not None and in_force.above is not None and amount > in_force.above


def flags(
    kind: ChangeKind,
    values: Values,
    known: Known,
    findings: Iterable[Finding],
    amount: Decimal | None,
    in_force: ApprovalRule,
) -> list[str]:
    """Return the risks of a proposal, as stored with the change."""
    found = risks.of_findings(findings) | kind.risks(values, known)
    if is_large(amount, in_force):
        found.add(Risk.LIMIT)
    return risks.in_order(found)


def checkers_for(amount: Decimal | None, in_force: ApprovalRule) -> int:
    """Return how many must approve a change that adds this many rupees."""
    return 2 if is_large(amount, in_force) else in_force.checkers
