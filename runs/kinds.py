"""The opening of a run (C40): its basket and clients cannot change after the approval."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.urls import reverse

from backoffice.changes.approvals import approved_values
from backoffice.changes.examination import Known, each
from backoffice.changes.kinds import ChangeKind
from backoffice.changes.models import Change
from backoffice.delivery.handlers import Applied
from backoffice.kit.components import Beside
from backoffice.kit.formats import RUPEE
from backoffice.protocol.fields import Records, SubRecord, Text, Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.message import Request
from partners.fields import Words
from partners.kinds.basket import BasketLineRecord
from partners.refusals import AsRefusal
from partners.rights import APPROVE_BASKET, MAKE_BASKET
from runs import operations
from runs.models import RunState

if TYPE_CHECKING:
    from backoffice.logins.models import User


class RunClientRecord(SubRecord):
    """A client as the checker reads it."""

    noun = "Client"
    key = ("client",)
    client = Words(0, "Retail user", max_length=80)
    name = Words(0, "Name", max_length=150)
    orders = Words(0, "Orders ₹", max_length=30)
    consent = Words(0, "Consent", max_length=60)
    cap_run = Words(0, "Cap of a run ₹", max_length=30)
    cap_day = Words(0, "Cap of a day ₹", max_length=30)


class RunProposal(Request, abstract=True):
    """Opening a run: the orders of a published basket for clients who consented."""

    title = "Connector run"

    run = Text(0, "Run number", max_length=18, required=True)
    basket = Words(0, "Basket", max_length=120, required=True)
    partner = Words(0, "Partner", max_length=100, required=True)
    product_code = Text(0, "Product code", max_length=50, required=True)
    algo_id = Text(0, "Algo id", max_length=20, required=True)
    valid_until = Text(0, "Valid until", max_length=30, required=True)
    refused_line = Text(0, "After a refused line", max_length=30)
    lines = Records(0, "Lines", BasketLineRecord)
    total = Words(0, "Orders of all clients, ₹", max_length=30)
    clients = Records(0, "Clients", RunClientRecord)
    content = Text(0, "SHA-256 of the content", max_length=64, required=True)


def subject_of(values: Values) -> str:
    """`run:NUMBER`."""
    return f"run:{values['run']}" if values.get("run") else ""


def _known(subject: str) -> Known:
    """A run that was opened; a proposal has no record."""
    run = operations.run_of({"run": subject.partition(":")[2]})
    return Known(1, operations.values_of(run)) if run and run.state != RunState.PROPOSED else Known()


def findings(values: Values) -> list[Finding]:
    """Return findings on opening a run: it has changed since submission, or its basket has ended."""
    run = operations.run_of(values)
    if run is None:
        return [Finding("run", "There is no such run.")]
    if operations.values_of(run)["content"] != values.get("content"):
        return [Finding("content", "The run is not the one that was submitted. Propose a new one.")]
    words = operations.obstacle(run.version)
    return [Finding("basket", words)] if words else []


def beside(change: Change) -> Beside:
    """The clients whose consent ended after the proposal."""
    run = operations.run_of(approved_values(change))
    clients = operations.without_consent(run) if run and run.state == RunState.PROPOSED else []
    return Beside("runs/_beside.html", {"clients": clients})


def effect(values: Values, before: Values | None) -> list[str]:
    """Return the basket, the number of clients, and what their orders are worth."""
    named = values.get("clients")
    count = len(named) if isinstance(named, list) else 0
    clients = "1 client, by their" if count == 1 else f"{count} clients, each by their"
    opened = f"Open a run of {values.get('basket')} for {clients} own click"
    return [opened, f"orders of {RUPEE}{values['total']} in all"] if values.get("total") else [opened]


def apply_here(change: Change, by: "User") -> Applied:
    values = approved_values(change)
    with AsRefusal():
        run = operations.open_run(values, change)
    return Applied({}, {"run": str(run), "content": run.content_hash})


def records(subjects: Sequence[str]) -> list[Known]:
    """What is known of runs."""
    return [_known(subject) for subject in subjects]


KIND = ChangeKind(
    slug=operations.KIND,
    title=RunProposal.title,
    message=RunProposal,
    page=lambda subject: reverse("runs:run", args=[subject.partition(":")[2]]),
    records=records,
    assess=each(findings),
    subject=subject_of,
    beside=beside,
    effect=effect,
    propose=MAKE_BASKET,
    decide=APPROVE_BASKET,
    apply_here=apply_here,
)
