"""Flags for what a checker should look at twice, worked out at submission and stored with the change."""

from collections.abc import Iterable

from django.db import models

from backoffice.protocol.findings import Finding


class Risk(models.TextChoices):
    """A flag in the inbox and on the change's page."""

    BANK = "bank", "Bank account changed"
    POA = "poa", "Power of attorney"
    LIMIT = "limit", "Large amount"
    SHARED = "shared", "Details of another user"
    TWICE = "twice", "Same deposit today"
    STATUS = "status", "Status changed"
    RULE = "rule", "Fewer eyes"
    PROFILE = "profile", "Differs from its profile"


#: The rule of findings on others with equal details.
SHARED_RULE = "portal.shared"
#: The rule of findings on differences from the onboarding profile.
PROFILE_RULE = "portal.profile"
#: Findings that are risks, by the name of their rule.
OF_RULES = {SHARED_RULE: Risk.SHARED, "portal.same_day": Risk.TWICE, PROFILE_RULE: Risk.PROFILE}


def of_findings(findings: Iterable[Finding]) -> set[Risk]:
    """Return the risks that follow from findings."""
    return {OF_RULES[finding.rule] for finding in findings if finding.rule in OF_RULES}


def in_order(risks: Iterable[Risk]) -> list[str]:
    """Return flags as stored and shown: each once, in the order of the table."""
    found = set(risks)
    return [risk.value for risk in Risk if risk in found]


def labels(stored: Iterable[str]) -> list[str]:
    """Return stored flags in words."""
    return [Risk(name).label for name in stored if name in Risk.values]
