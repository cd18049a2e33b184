"""The kinds of batch of this room: their columns, what must not stand twice, when a record moved on under a row."""

from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import StrIndex, Substr

from accounts import comparing, looks
from accounts.kinds import CREATE_RETAIL_USER, REGISTER_RETAIL_USER, UPDATE_RETAIL_USER
from accounts.models import RetailUser
from accounts.registration import RegisterRetailUser, take_many
from accounts.segments import UpdateAsked
from accounts.updates import ALWAYS
from backoffice.batches import kinds
from backoffice.batches.file.columns import Layout
from backoffice.batches.kinds import BatchKind, Unique
from backoffice.protocol.findings import Severity
from backoffice.protocol.messages.dealers import MapDealers
from backoffice.protocol.messages.templates import UpdateQvlTemplate, UpdateUserTemplate
from backoffice.protocol.messages.users import CreateRetailUser, UpdateRetailUser

LANE = ("group_id", "user_id")
#: What the record of a retail user says about itself, and what the portal makes.
FILLED = ("manager_id", "category", "reference")

ONE_ROW = Unique(LANE, "is for the same retail user. Put both into one row.")
SAME_PERSON = (
    Unique(("pan",), "has the same PAN. Make sure it is no mistake.", severity=Severity.WARNING),
    Unique(("mobile",), "has the same mobile number. Make sure it is no mistake.", severity=Severity.WARNING),
    Unique(
        ("bank_id", "account_no"),
        "has the same bank account. Make sure it is no mistake.",
        each="banks",
        severity=Severity.WARNING,
    ),
    Unique(
        ("dp_id", "beneficiary_id"),
        "has the same demat account. Make sure it is no mistake.",
        each="demats",
        severity=Severity.WARNING,
    ),
)


def register() -> None:
    """Make the kinds of batch of this room known."""
    for kind in (
        BatchKind(
            CREATE_RETAIL_USER,
            "Create retail users",
            CREATE_RETAIL_USER,
            moved_on,
            Layout(CreateRetailUser, filled=("reference",)),
            looks.creations,
            (Unique(LANE, "creates the same retail user. Leave one of them out."), *SAME_PERSON),
            compare=comparing.comparisons,
        ),
        BatchKind(
            UPDATE_RETAIL_USER,
            "Update retail users",
            UPDATE_RETAIL_USER,
            moved_on,
            Layout(UpdateAsked, filled=(*ALWAYS[2:], "reference")),
            looks.updates,
            (ONE_ROW, *SAME_PERSON),
            compare=comparing.comparisons,
        ),
        BatchKind(
            "status",
            "Change the status of retail users",
            UPDATE_RETAIL_USER,
            moved_on,
            Layout(
                UpdateRetailUser,
                only=(*ALWAYS, "status", "reference"),
                filled=(*ALWAYS[2:], "reference"),
                needed=("status",),
            ),
            looks.updates,
            (ONE_ROW,),
        ),
        BatchKind(
            REGISTER_RETAIL_USER,
            "Register existing users",
            REGISTER_RETAIL_USER,
            moved_on,
            Layout(RegisterRetailUser),
            looks.registrations,
            (Unique(LANE, "registers the same retail user. Leave one of them out."), *SAME_PERSON),
            compare=comparing.comparisons,
            take=take_many,
        ),
        BatchKind(
            "user_template",
            "Assign templates",
            "user_template",
            moved_on,
            Layout(UpdateUserTemplate, filled=FILLED),
            looks.user_templates,
            (Unique((*LANE, "template_type"), "sets the same template. Leave one of them out."),),
        ),
        BatchKind(
            "qvl_templates",
            "Assign QVL templates",
            "qvl_templates",
            moved_on,
            Layout(UpdateQvlTemplate, filled=FILLED, single="templates"),
            looks.qvl_templates,
            (
                Unique(
                    (*LANE, "exchange", "level"),
                    "sets the same template. Leave one of them out.",
                    "templates",
                ),
            ),
        ),
        BatchKind(
            "dealer_mapping",
            "Map dealers",
            "dealer_mapping",
            moved_on,
            Layout(MapDealers, filled=FILLED, single="mappings"),
            looks.dealer_mappings,
            (
                Unique(
                    (*LANE, "dealer_group", "dealer_id"),
                    "names the same dealer. Leave one of them out.",
                    "mappings",
                ),
            ),
        ),
    ):
        kinds.register(kind)


def users_of_lane() -> QuerySet[RetailUser]:
    """The retail user of an outer query's `lane`, found by the index of its key."""
    return RetailUser.objects.filter(group_id=_part(before_slash=True), user_id=_part(before_slash=False))


def moved_on() -> Q:
    """Holds of a change whose retail user has another version than the one that it was checked on."""
    as_checked = users_of_lane().filter(version=OuterRef("record_version"))
    still_absent = Q(record_version=0) & ~Exists(users_of_lane())
    return ~Exists(as_checked) & ~still_absent


def _part(*, before_slash: bool) -> Any:
    lane, slash = OuterRef("lane"), StrIndex(OuterRef("lane"), Value("/"))
    if before_slash:
        return Substr(lane, 1, slash - 1, output_field=CharField())
    return Substr(lane, slash + 1, output_field=CharField())
