"""The confirmed values of a retail user as labelled rows, with proposed ones beside them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from accounts.models import MfUcc, RetailUser
from accounts.parts import part_of
from accounts.proposals import Proposal
from accounts.values import record, value_of
from accounts.values import records as records_in
from backoffice.kit import names
from backoffice.protocol.codes import RecordAction
from backoffice.protocol.fields import Code, Field, Records
from backoffice.protocol.messages import users
from backoffice.protocol.messages.templates import UpdateSimctTemplate
from backoffice.protocol.messages.users import CreateRetailUser, UpdateRetailUser

#: The fields of 301 and 320 on the retail user itself, by the part of its page.
PROFILE = (
    (
        "In ODIN",
        (
            "user_id",
            "group_id",
            "manager_id",
            "odin_user_type",
            "category",
            "status",
            "family_id",
            "parent_id",
            "group_admin_id",
            "branch",
            "reference",
        ),
    ),
    (
        "Person or firm",
        (
            "name",
            "gender",
            "birth_date",
            "incorporation",
            "father_or_husband",
            "pan",
            "form60",
            "client_type",
            "tax_status",
            "occupation",
        ),
    ),
    ("Address", ("address_1", "address_2", "city", "pin_code")),
    ("Contact", ("mobile", "telephone", "email", "fax")),
)
#: The fields that the overview shows.
OVERVIEW = (
    ("Person", ("pan", "birth_date", "gender", "client_type", "tax_status", "occupation")),
    ("Address", ("address_1", "address_2", "city", "pin_code")),
    ("Contact", ("mobile", "email")),
)
SEGMENTS = ("trading_segments", "market_data_segments", "login_segments", "inactive_segments")
TRADING = (
    (
        "Trading",
        (
            "login_types",
            "products",
            "product_type",
            "poa",
            "surveillance",
            "global_flag",
            "orders_per_second",
            "max_broadcast_scrips",
            "max_gtd",
        ),
    ),
)
ALL_SEGMENTS = (("Market segments", SEGMENTS),)
TEMPLATES = (("Templates", ("gst_template", "si_template")),)

#: Where a field of a retail user is declared.
DECLARING = (CreateRetailUser, UpdateRetailUser, UpdateSimctTemplate)

#: Actions on a record of a list: 320's Action. 301 has none and adds.
ACTIONS = {action.value: action.label for action in RecordAction}


@dataclass(frozen=True)
class Fact:
    """One value: label, the confirmed value in words, its code if it has one, the newest proposal for it.

    `declared`: reported for an existing user, and not confirmed by ODIN.
    """

    label: str
    text: str
    code: str
    unknown: bool
    proposed: str
    proposal: Proposal | None
    declared: bool = False


@dataclass(frozen=True)
class Section:
    """Facts that belong together."""

    title: str
    facts: Sequence[Fact]
    #: The part that edits it, in `accounts.parts`; "" if there is none.
    part: str = ""

    @property
    def any_proposed(self) -> bool:
        """Whether a proposal touches any of these."""
        return any(fact.proposal for fact in self.facts)


def sections(
    user: RetailUser | None,
    parts: Iterable[tuple[str, Sequence[str]]],
    proposed: Sequence[Proposal],
    shows: bool,
) -> list[Section]:
    """Return the facts of these parts of a retail user; if ODIN has not confirmed it, only proposed ones.

    `shows`, here and below: whether personal data is shown.
    """
    return [
        Section(
            title,
            [fact(user, name, proposed, shows) for name in fields],
            next(filter(None, map(part_of, fields)), ""),
        )
        for title, fields in parts
    ]


def fact(user: RetailUser | None, name: str, proposed: Sequence[Proposal], shows: bool) -> Fact:
    """One value of a retail user."""
    field = declared(name)
    words = _words(field, shows)
    value = value_of(user, name) if user else field.empty
    newest = next((p for p in reversed(proposed) if _differs(p.values, name, value)), None)
    return Fact(
        label=field.label,
        text=words(value),
        code=str(value)
        if isinstance(field, Code) or (field.names and names.meaning(field.names, str(value)))
        else "",
        unknown=user is not None and name in user.unknown_fields,
        declared=user is not None and name in user.declared_fields,
        proposed=words(newest.values[name]) or "(cleared)" if newest else "",
        proposal=newest,
    )


def declared(name: str) -> Field:
    """The declaration of a retail user's field."""
    return next(message.fields[name] for message in DECLARING if name in message.fields)


def _words(field: Field, shows: bool) -> Callable[[object], str]:
    return partial(names.in_words, field, reveal=shows)


def _differs(values: Mapping[str, object], name: str, confirmed: object) -> bool:
    return name in values and (values[name] or "") != (confirmed or "")


@dataclass(frozen=True)
class ProposedRecord:
    """One proposed bank or demat account: its action, and its parts in words."""

    action: str
    facts: Sequence[tuple[str, str]]
    proposal: Proposal


def records(proposed: Sequence[Proposal], name: str, shows: bool) -> list[ProposedRecord]:
    """Return the proposed accounts in the list `name` ("banks", "demats")."""
    found = []
    for proposal in proposed:
        field = proposal.message.fields.get(name)
        if not isinstance(field, Records):
            continue
        parts = field.record.fields
        for row in records_in(proposal.values, name):
            shown = [
                (part.label, _words(part, shows)(row[key])) for key, part in parts.items() if row.get(key)
            ]
            found.append(ProposedRecord(ACTIONS.get(row.get("action", ""), "Add"), shown, proposal))
    return found


def mutual_fund(mf_ucc: MfUcc | None, proposed: Sequence[Proposal], shows: bool) -> list[Fact]:
    """The parts of the mutual-fund UCC that are filled or proposed."""
    found = []
    for name, field in users.MfUcc.fields.items():
        words = _words(field, shows)
        value = str(value_of(mf_ucc, name)) if mf_ucc else ""
        newest, text = None, ""
        for proposal in proposed:
            row = record(proposal.values, "mf_ucc")
            if row and row.get(name, "") != value:
                newest, text = proposal, row.get(name, "")
        if value or newest:
            found.append(
                Fact(
                    label=field.label,
                    text=words(value),
                    code=value if isinstance(field, Code) else "",
                    unknown=False,
                    proposed=(words(text) or "(cleared)") if newest else "",
                    proposal=newest,
                )
            )
    return found
