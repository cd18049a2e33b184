"""The parts of a retail user that are edited separately: an update whose form shows the fields of one part."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse

from accounts.segments import INACTIVE, REACTIVATE
from backoffice.protocol.user_rules import SEGMENT_SETS


@dataclass(frozen=True)
class Part:
    """The name of a part, and its fields of an update."""

    title: str
    names: tuple[str, ...]


#: By their names in addresses.
PARTS: Mapping[str, Part] = {
    "person": Part(
        "Person",
        (
            *("name", "gender", "birth_date", "incorporation", "father_or_husband", "pan", "form60"),
            *("client_type", "tax_status", "occupation"),
        ),
    ),
    "address": Part("Address", ("address_1", "address_2", "city", "pin_code")),
    "contact": Part("Contact", ("mobile", "telephone", "email", "fax")),
    "segments": Part("Segments", (*SEGMENT_SETS, INACTIVE, REACTIVATE)),
    "trading": Part(
        "Trading",
        (
            *("login_types", "products", "product_type", "poa", "surveillance", "global_flag"),
            *("orders_per_second", "max_broadcast_scrips", "max_gtd"),
        ),
    ),
    "banks": Part("Banks", ("banks",)),
    "demats": Part("Demat accounts", ("demats",)),
    "mutual-fund": Part("Mutual fund UCC", ("mf_ucc",)),
    "odin": Part("Branch, status and template", ("manager_id", "status", "branch", "gst_template")),
}


def part_of(name: str) -> str:
    """Return the part with this field, by its name in addresses; "" if no update can change the field."""
    return next((slug for slug, part in PARTS.items() if name in part.names), "")


def part_page(lane: str, part: str) -> str:
    """Return where a part of the retail user `GROUP/USER` is edited."""
    return reverse("accounts:part", args=[*lane.split("/", 1), part])
