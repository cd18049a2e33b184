"""Onboarding profiles: their fields, those in force, and how they fill and check a new retail user.

A profile maps field names of the form of a new retail user to values. It has no field that identifies a
person or moves money: those are filled in for each client.
"""

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.core.cache import caches

from accounts.follow_ups import GROUPS, NewRetailUser
from accounts.models import OnboardingProfile
from accounts.values import text
from backoffice.changes.examination import Asked, FilledFrom
from backoffice.changes.risks import PROFILE_RULE
from backoffice.kit import names
from backoffice.kit.sections import Section
from backoffice.outside import quoted
from backoffice.protocol.codes import Choice
from backoffice.protocol.explanation import lowered
from backoffice.protocol.fields import Code, Field, Flags, Records, Text, Values
from backoffice.protocol.findings import Finding, Severity
from backoffice.protocol.message import Request
from backoffice.protocol.messages.users import CreateRetailUser

#: The list of names of the profiles in force, for forms and the correction of files.
NAMES = "onboarding_profiles"
#: Names that an address, a cell and the subject of a change can contain.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*")
#: Fields of a single client: never a default.
PERSONAL = (
    *("user_id", "name", "password", "gender", "birth_date", "incorporation", "father_or_husband", "pan"),
    *("address_1", "address_2", "city", "pin_code", "telephone", "mobile", "fax", "email"),
    *("banks", "demats", "mf_ucc", "reference", "alternate_addresses", "deposits", "collaterals"),
)
#: The fields of the form of a new retail user that a profile may fill.
DEFAULTED: Mapping[str, Field] = {
    name: field for name, field in NewRetailUser.fields.items() if name not in PERSONAL
}
#: Seconds until another process sees a new version.
KEPT_SECONDS = 2
_KEPT = "onboarding:kept"


class Retired(Choice):
    """Whether a profile may still be chosen."""

    YES = "1", "Retired: can no longer be chosen"


def _defaults() -> dict[str, Field]:
    """Make a field of a profile: optional and without initial value, since an empty one has no default."""
    return {name: field.again(required=False, initial="") for name, field in DEFAULTED.items()}


class _Named(Request, abstract=True):
    """The description of an onboarding profile."""

    title = "Onboarding profile"

    profile = Text(
        0, "Profile name", max_length=30, required=True, help="By branch or kind of client.", example="Retail"
    )
    for_whom = Text(0, "For whom", max_length=100, free=True, help="Shown to those who choose it.")
    for_whom.in_json()  # it stays in the portal, and may have commas
    retired = Code(0, "Retired", Retired)


#: An onboarding profile as an admin proposes it.
SetOnboardingProfile: Any = type("SetOnboardingProfile", (_Named,), _defaults(), abstract=True)


class NewFromProfile(NewRetailUser, abstract=True):
    """The questions of form and file about a new retail user, who may be filled from a profile."""

    profile = Text(
        0,
        "Onboarding profile",
        max_length=30,
        names=NAMES,
        help="What is empty takes its value.",
    )
    user_id = CreateRetailUser.user_id.again()


#: The groups of follow-up messages that a profile may fill.
PROFILE_GROUPS = tuple(group for group in GROUPS if not group.records or group.records in DEFAULTED)


class Profile(NamedTuple):
    """A version of a profile: `defaults` are only those that are filled."""

    name: str
    version: int
    defaults: Values
    for_whom: str = ""
    retired: bool = False

    @property
    def filled_from(self) -> FilledFrom:
        """Its name in a change."""
        return FilledFrom(self.name, self.version)


#: The profiles in force, and all versions.
Kept = tuple[dict[str, Profile], dict[tuple[str, int], Profile]]
#: The cached profiles, by their mark.
_memory: dict[str, Kept] = {}


def of_row(row: OnboardingProfile) -> Profile:
    """A stored version."""
    return Profile(row.name, row.version, defaults_of(row.values), text(row.values, "for_whom"), row.retired)


def defaults_of(values: Mapping[str, Any]) -> Values:
    """Return the fields that these values fill."""
    return {name: values[name] for name in DEFAULTED if values.get(name)}


def in_force() -> dict[str, Profile]:
    """Return the newest version of each profile, including retired ones, by name ignoring case."""
    return _kept()[0]


def version_of(name: str, version: int) -> Profile:
    """A version of a profile. Raises KeyError if there is none."""
    return _kept()[1][name, version]


def _kept() -> Kept:
    """Return what was read within KEPT_SECONDS.

    Django's cache only keeps a mark of it, since it would copy row by row.
    """
    kept = _memory.get(caches["process"].get(_KEPT, ""))
    if kept is None:
        mark, kept = uuid.uuid4().hex, _read()
        _memory.clear()
        _memory[mark] = kept
        caches["process"].set(_KEPT, mark, KEPT_SECONDS)
    return kept


def _read() -> Kept:
    versions = [of_row(row) for row in OnboardingProfile.objects.order_by("name", "version")]
    newest = {profile.name.casefold(): profile for profile in versions}
    return newest, {(profile.name, profile.version): profile for profile in versions}


def forget() -> None:
    """Drop the cached profiles: one has changed."""
    caches["process"].delete(_KEPT)
    names.forget(NAMES)


def offered() -> list[tuple[str, str]]:
    """Return the names of the profiles to choose from, and whom they are for."""
    return [
        (profile.name, f"{profile.name}: {profile.for_whom}" if profile.for_whom else profile.name)
        for profile in in_force().values()
        if not profile.retired
    ]


def choosable() -> dict[str, Profile]:
    """Return the profiles to choose from, by name ignoring case."""
    return {key: profile for key, profile in in_force().items() if not profile.retired}


def fault(name: str) -> str:
    """Return why the profile of this name cannot be chosen; "" if it can."""
    profile = in_force().get(name.casefold())
    if profile is None:
        return f"There is no onboarding profile {quoted(name)}. Choose one of the list."
    return f"The onboarding profile {profile.name} is retired. Choose another one." if profile.retired else ""


def filled(values: Mapping[str, Any], before: str, starting: Values) -> dict[str, Any]:
    """Return the form's input, filled from the profile that it chooses.

    A field takes the default if it is empty, or still has its initial value or the value of the profile
    chosen `before`. Other input stays. Values that only the previous profile filled return to their initial
    ones.
    """
    profile = choosable().get(text(values, "profile").casefold())
    earlier = in_force().get(before.casefold())
    if profile is None:
        return dict(values)
    left = earlier.defaults if earlier else {}
    result = dict(values)
    for name, field in DEFAULTED.items():
        now = field.clean(values.get(name))
        as_begun = not now or same(field, now, starting.get(name)) or same(field, now, left.get(name))
        if as_begun and (name in profile.defaults or name in left):
            result[name] = profile.defaults.get(name, starting.get(name, field.empty))
    return result


def folded(values: Mapping[str, Any], sections: Sequence[Section], starting: Values) -> list[str]:
    """Return the slugs of sections that only have the chosen profile's values and initial ones."""
    profile = choosable().get(text(values, "profile").casefold())
    if profile is None:
        return []
    return [
        section.slug
        for section in sections
        if any(name in profile.defaults for name in section.names)
        and all(
            name in DEFAULTED
            and same(
                DEFAULTED[name],
                DEFAULTED[name].clean(values.get(name)),
                profile.defaults.get(name, starting.get(name)),
            )
            for name in section.names
        )
    ]


def same(field: Field, one: Any, other: Any) -> bool:
    """Whether two values of a field are equal. The order of codes is ignored; empty means absent."""
    if isinstance(field, Flags):
        return set(one or ()) == set(other or ())
    if isinstance(field, Records):
        return _plain(one) == _plain(other)
    return bool((one or "") == (other or ""))


def _plain(records: Any) -> list[dict[str, str]]:
    return [{name: part for name, part in record.items() if part} for record in records or ()]


def beside_profile(asked: Asked, values: Values) -> Asked:
    """Return the new retail user's values, with warnings where they differ from the named profile.

    A file names the version that filled its cells; a form is compared with the version in force.
    """
    name = text(values, "profile")
    if not name:
        return asked
    if words := fault(name):
        return asked._replace(
            findings=[*asked.findings, Finding("profile", words, rule="portal.no_profile")],
            placed=lambda found: [one for one in found if not _would_be_filled(one.path, values)],
        )
    profile = in_force()[name.casefold()]
    if (version := text(values, "profile_version")) and int(version) != profile.version:
        profile = version_of(profile.name, int(version))
    return asked._replace(
        findings=[*asked.findings, *differences(profile, values)], filled_from=profile.filled_from
    )


def _would_be_filled(path: str, values: Values) -> bool:
    """Whether a finding is on an empty field that a profile could have filled."""
    name = path.partition(".")[0]
    return name in DEFAULTED and not values.get(name)


def differences(profile: Profile, values: Mapping[str, Any]) -> Iterator[Finding]:
    """Return a warning at each value that differs from a default of the profile."""
    for name, default in profile.defaults.items():
        field, value = DEFAULTED[name], values.get(name)
        if same(field, value, default):
            continue
        if isinstance(field, Records):
            yield from _of_records(profile, field, value, default)
        else:
            yield _differs(profile, name, field.label, names.in_words(field, default))


def _of_records(profile: Profile, field: Records, value: Any, default: Any) -> Iterator[Finding]:
    given, wanted = _plain(value), _plain(default)
    for place, record in enumerate(given):
        title = f"{field.record.noun} {place + 1}"
        if place >= len(wanted):
            yield _differs(profile, f"{field.name}.{place}", title, "")
            continue
        for name, part in field.record.fields.items():
            if record.get(name, "") != wanted[place].get(name, ""):
                label = f"{title}, {lowered(part.label)}"
                words = names.in_words(part, wanted[place].get(name, ""))
                yield _differs(profile, f"{field.name}.{place}.{name}", label, words)
    for place in range(len(given), len(wanted)):
        title = f"{field.record.noun} {place + 1}"
        said = [
            names.in_words(part, wanted[place].get(name, "")) for name, part in field.record.fields.items()
        ]
        yield _differs(profile, field.name, f"{field.label}: {title}", ", ".join(filter(None, said)))


def _differs(profile: Profile, path: str, label: str, default: str) -> Finding:
    there = f"has {default}" if default else "has none"
    words = f"{label} differs from the profile {profile.name}, which {there}. Check it."
    return Finding(path, words, Severity.WARNING, PROFILE_RULE)


def defaults_of_files() -> dict[str, Values]:
    """Return the defaults for empty cells of a row, by the profile's name (ignoring case)."""
    return {
        key: {**profile.defaults, "profile": profile.name, "profile_version": str(profile.version)}
        for key, profile in choosable().items()
    }
