"""301: a new retail user at ODIN."""

from collections.abc import Sequence

from django.utils import timezone

from accounts import comparing, onboarding
from accounts.answer_groups import asked_by, compose
from accounts.answers import answers_of
from accounts.creations import CREATE_RETAIL_USER, MATTERS, SAME_PERSON, assess
from accounts.duplicates import singles
from accounts.follow_ups import ANSWERS, GROUPS, created, sections, without_follow_ups
from accounts.forms import SECTIONS, starting_values
from accounts.inserting import insert
from accounts.models import RetailUser, Source
from accounts.onboarding import NewFromProfile
from accounts.records import KNOWN_POA, apply_profile, changed, key_of
from accounts.retail_users import LANE, moved_on, records
from accounts.risks import risks
from accounts.values import DEFAULTS, confirmed_values, from_values, record, text, to_values
from accounts.values import records as records_in
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.examination import Asked, Known
from backoffice.changes.files import FileGroup, FileKind, Layout, Unique
from backoffice.changes.filling import Filling
from backoffice.changes.form_pages import form_address
from backoffice.changes.kinds import ChangeKind
from backoffice.delivery.handlers import Applied
from backoffice.kit.sections import Block, Section
from backoffice.protocol.account_rules import with_defaults
from backoffice.protocol.codes import Poa
from backoffice.protocol.fields import Values
from backoffice.protocol.messages.users import CreateRetailUser

#: The first section of the form: the source that fills the others.
PROFILE = Section(
    "profile",
    "Onboarding profile",
    (Block(("profile",)),),
    "Fills what is empty. What you type otherwise is marked for the checker.",
    template="forms/section_profile.html",
)
#: The sections of the form.
ALL_SECTIONS = (PROFILE, *SECTIONS, *sections(NewFromProfile, GROUPS))

FORM = EntryForm(
    kind=CREATE_RETAIL_USER,
    title="New retail user",
    text="",
    sections=ALL_SECTIONS,
    starting=starting_values,
    address=form_address("accounts:new"),
    back=("Retail users", "/users/"),
    answers=lambda sent: answers_of(GROUPS, sent),
    filling=Filling(
        "profile",
        fill=lambda typed, before: onboarding.filled(typed, before, starting_values()),
        folds=lambda typed: onboarding.folded(typed, ALL_SECTIONS, starting_values()),
    ),
)


def of_answers(values: Values, known: Known) -> Asked:
    """Return the 301 of a form or a row, and its follow-ups."""
    follow_ups, findings = compose(GROUPS, values)
    return Asked(with_defaults(without_follow_ups(values)), findings, follow_ups=follow_ups)


def of_new(values: Values, known: Known) -> Asked:
    """Compose a new retail user, who may be filled from an onboarding profile."""
    return onboarding.beside_profile(of_answers(values, known), values)


def apply(lane: str, values: Values) -> Applied:
    """Create a retail user, or convert a non-ODIN user (U2). From then on all values are known."""
    values = _in_force(values)
    key = key_of(values)
    user = RetailUser.objects.select_for_update().filter(**key).first()
    before = to_values(user) if user else {}
    user = user or RetailUser(**key, version=0)
    user.source = Source.CREATED
    user.unknown_fields = []
    apply_profile(user, values)
    return changed(before, to_values(RetailUser.objects.get(pk=user.pk)))


def apply_many(confirmed: Sequence[tuple[str, Values]]) -> list[Applied]:
    """Create several retail users; those new to the portal in a few statements."""
    named = RetailUser.objects.filter(user_id__in=[text(values, "user_id") for _, values in confirmed])
    known = {user.lane for user in named.only("group_id", "user_id")}
    new = [_in_force(values) for lane, values in confirmed if lane not in known]
    made = insert((_created(values), values) for values in new)
    after = {each.user.lane: changed({}, confirmed_values(*each)) for each in made}
    return [after.get(lane) or apply(lane, values) for lane, values in confirmed]


def _in_force(values: Values) -> Values:
    """Return the values of a 301, with ODIN's defaults for omitted ones."""
    values = {**values, **{name: default for name, default in DEFAULTS.items() if not values.get(name)}}
    if values.get("poa") not in KNOWN_POA:
        values["poa"] = Poa.GRANTED.value  # an absent or invalid 244 grants it (U8)
    return values


def _created(values: Values) -> RetailUser:
    """Return the unsaved record of a user who is new to the portal."""
    return RetailUser(
        **from_values(values),
        source=Source.CREATED,
        unknown_fields=[],
        kyc=bool(record(values, "mf_ucc")),  # ODIN switches it on with the UCC (U12)
        confirmed_at=timezone.now(),
    )


def effect(values: Values, before: Values | None) -> list[str]:
    """Return where the new user may trade, and how many accounts it has."""
    segments = CreateRetailUser.fields["trading_segments"].words(values.get("trading_segments"))
    counts = [
        f"{len(rows)} {noun}{'' if len(rows) == 1 else 's'}"
        for name, noun in (("banks", "bank account"), ("demats", "demat account"))
        if (rows := records_in(values, name))
    ]
    return [f"New retail user: {segments or 'no segments'}", *counts]


KIND = ChangeKind(
    slug=CREATE_RETAIL_USER,
    title="Create retail user",
    message=CreateRetailUser,
    page=lambda lane: FORM.new_url,
    records=records,
    assess=assess(CreateRetailUser, settles_declared=False),
    alone=singles,
    asks=NewFromProfile,
    compose=of_new,
    follows=asked_by(GROUPS),
    becomes=created,
    risks=risks,
    effect=effect,
    sections=SECTIONS,
    files=(
        FileKind(
            slug=CREATE_RETAIL_USER,
            title="Create retail users",
            group=FileGroup.ONBOARDING,
            effect=("retail user will be created", "retail users will be created"),
            matters=MATTERS,
            layout=Layout(
                NewFromProfile,
                filled=("reference",),
                seldom=("profile", *ANSWERS),
                named_by="profile",
                defaults=onboarding.defaults_of_files,
            ),
            unique=(Unique(LANE, "creates the same retail user. Leave one of them out."), *SAME_PERSON),
            moved_on=moved_on,
            compose=of_new,
            compare=comparing.comparisons,
        ),
    ),
    apply=apply,
    apply_many=apply_many,
)
