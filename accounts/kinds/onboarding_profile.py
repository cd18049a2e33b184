"""The kind of change by which an onboarding profile is set: proposed by one admin, approved by another."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from accounts import onboarding
from accounts.follow_ups import sections
from accounts.forms import SECTIONS, starting_values
from accounts.kinds import create_retail_user
from accounts.models import OnboardingProfile
from accounts.onboarding import DEFAULTED, NAME, PROFILE_GROUPS, SetOnboardingProfile
from accounts.values import text
from backoffice.changes.approvals import approved_values
from backoffice.changes.examination import Known, each
from backoffice.changes.kinds import ChangeKind
from backoffice.changes.models import Change
from backoffice.delivery.handlers import Applied
from backoffice.kit.sections import Block, Section, limited
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding

if TYPE_CHECKING:
    from backoffice.logins.models import User

SLUG = "onboarding_profile"
#: `Change.subject` of a change of a profile.
PREFIX = "profile:"

PROFILE_SECTIONS = (
    Section(
        "profile",
        "Profile",
        (Block(("profile", "for_whom", "retired")),),
        "The version in force fills new retail users. What a field leaves empty is asked for each client.",
    ),
    *(found for section in SECTIONS if (found := limited(section, DEFAULTED))),
    *sections(SetOnboardingProfile, PROFILE_GROUPS),
)


def subject(values: Values) -> str:
    """`profile:NAME`; "" if the values name none yet."""
    name = text(values, "profile")
    return f"{PREFIX}{name}" if NAME.fullmatch(name) else ""


def records(subjects: Sequence[str]) -> list[Known]:
    """Return the versions in force, from the table, since cached ones may be older."""
    names = [one.removeprefix(PREFIX) for one in subjects]
    rows = OnboardingProfile.objects.filter(name__in=names).order_by("version")
    newest = {row.name: row for row in rows}
    return [
        Known(newest[name].version, newest[name].values, newest[name]) if name in newest else Known()
        for name in names
    ]


def findings(values: Values) -> list[Finding]:
    """Return findings on a profile: its name, nothing in it, nothing changed, or findings of the form itself.

    Of the latter, only those on defaults count: the rest is filled in for each client.
    """
    name, given = text(values, "profile"), onboarding.defaults_of(values)
    found = []
    if name and not NAME.fullmatch(name):
        words = "A name has letters, digits, spaces, dots and hyphens, and begins with a letter or digit."
        found.append(Finding("profile", words))
    there = OnboardingProfile.objects.filter(name__iexact=name).order_by("-version").first()
    if there and there.name != name:
        words = f"There is a profile {there.name} already. Spell it the same, or choose another name."
        found.append(Finding("profile", words))
    if there and there.name == name and {**there.values, **values} == there.values:
        found.append(Finding("", "This is the profile in force already. Change something, or leave it."))
    if not given:
        found.append(Finding("", "Nothing is set yet. Fill in at least one default."))
    kind = create_retail_user.KIND
    (examined,) = kind.examine([{**starting_values(), **given}], create_retail_user.of_answers)
    return [*found, *(one for one in examined.findings if one.path.partition(".")[0] in given)]


def effect(values: Values, before: Values | None) -> list[str]:
    """Return what happens to the profile, and how much it fills."""
    name = text(values, "profile")
    if text(values, "retired"):
        return [f"Retires the profile {name}"]
    count = len(onboarding.defaults_of(values))
    said = f"Changes the profile {name}" if before else f"New profile {name}"
    return [said, f"{count} field{'' if count == 1 else 's'} filled"]


def apply_here(change: Change, by: "User") -> Applied:
    """Put an approved version into force."""
    values: Any = approved_values(change)
    (before,) = records([change.subject])
    OnboardingProfile.objects.create(
        name=values["profile"],
        version=before.version + 1,
        values=values,
        retired=bool(values["retired"]),
    )
    onboarding.forget()
    return Applied(dict(before.values or {}), values)


KIND = ChangeKind(
    slug=SLUG,
    title=SetOnboardingProfile.title,
    message=SetOnboardingProfile,
    page=lambda subject: (
        reverse("onboarding:change", args=[subject.removeprefix(PREFIX)])
        if subject and records([subject])[0].version
        else reverse("onboarding:new")
    ),
    records=records,
    assess=each(findings),
    subject=subject,
    effect=effect,
    sections=PROFILE_SECTIONS,
    propose="accounts.propose_onboardingprofile",
    decide="accounts.decide_onboardingprofile",
    apply_here=apply_here,
)
