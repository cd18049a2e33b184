"""Pages of the onboarding profiles: the list, one version, and the forms by which an admin proposes the next."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import onboarding
from accounts.kinds.onboarding_profile import KIND, PREFIX, PROFILE_SECTIONS
from accounts.models import OnboardingProfile
from accounts.onboarding import Profile, SetOnboardingProfile
from backoffice.access import StaffRequest, for_staff
from backoffice.changes.deciders import may_propose
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.form_pages import form_address
from backoffice.changes.models import Change, State
from backoffice.kit.message_words import explain
from backoffice.protocol.fields import Values
from backoffice.protocol.message import clean

MAY_VIEW = "accounts.view_onboardingprofile"
#: The versions before the one in force that are listed.
VERSIONS = 50


@dataclass(frozen=True)
class Listed:
    """A profile in force, and the change that waits to replace it."""

    profile: Profile
    row: OnboardingProfile
    proposed: Change | None

    @property
    def fields(self) -> int:
        """How many fields it fills."""
        return len(self.profile.defaults)


def _form(title: str, text: str, starting: Values, address: Callable[..., str], fixed: Values) -> EntryForm:
    return EntryForm(
        kind=KIND.slug,
        title=title,
        text=text,
        sections=PROFILE_SECTIONS,
        starting=lambda: clean(SetOnboardingProfile, starting),
        address=address,
        back=("Onboarding profiles", reverse("onboarding:list")),
        fixed=fixed,
    )


def new_form() -> EntryForm:
    """The form of a new profile."""
    text = "What every new retail user of a branch or kind has in common."
    return _form("New onboarding profile", text, {}, form_address("onboarding:new"), {})


def change_form(name: str) -> EntryForm:
    """The form of the next version of a profile. Raises Http404 for an unknown one."""
    row = OnboardingProfile.objects.filter(name=name).order_by("-version").first()
    if row is None:
        raise Http404("There is no such profile.")
    address = form_address("onboarding:change", name)
    text = f"Version {row.version} is in force. Users who are here keep what they have."
    return _form(f"Onboarding profile: {name}", text, row.values, address, {"profile": name})


@require_safe
@for_staff(MAY_VIEW)
def profiles(request: StaffRequest) -> HttpResponse:
    """Every profile with the version in force."""
    rows = {row.name: row for row in OnboardingProfile.objects.order_by("name", "version")}
    waiting = Change.objects.filter(kind=KIND.slug, state=State.SUBMITTED).order_by("-id")
    proposed = {change.subject.removeprefix(PREFIX): change for change in waiting}
    context = {
        "profiles": [
            Listed(onboarding.of_row(row), row, proposed.pop(name, None)) for name, row in rows.items()
        ],
        "new": sorted(proposed.items()),
        "may_propose": may_propose(request.user, KIND),
    }
    return render(request, "accounts/onboarding/list.html", context)


@require_safe
@for_staff(MAY_VIEW)
def detail(request: StaffRequest, name: str, version: int) -> HttpResponse:
    """One version of a profile in words, who set it and why, and the other versions."""
    row = get_object_or_404(OnboardingProfile, name=name, version=version)
    versions = list(OnboardingProfile.objects.filter(name=name).order_by("-version")[:VERSIONS])
    approved = Change.objects.filter(
        kind=KIND.slug, subject=f"{PREFIX}{name}", record_version=version - 1, state=State.APPROVED
    ).select_related("made_by", "decided_by")
    context = {
        "row": row,
        "newest": versions[0],
        "versions": versions,
        "change": approved.first(),
        "lines": explain(SetOnboardingProfile, row.values),
        "sections": [(section.title, section.names) for section in PROFILE_SECTIONS],
        "may_propose": may_propose(request.user, KIND),
    }
    return render(request, "accounts/onboarding/detail.html", context)
