"""Baskets: made, filled with lines, submitted, published, withdrawn (C5, C6)."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.changes import operations as changes
from backoffice.changes.models import Change
from backoffice.changes.turns import take_turn
from backoffice.connector.api import lines as pure
from backoffice.connector.api.lines import Line
from backoffice.connector.api.reco import new_reco_id
from backoffice.free_text import checked
from backoffice.outside import whole
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import errors
from partners import basket_lines
from partners.errors import ConnectorProblem, HasFindings
from partners.models import Basket, BasketLine, BasketVersion, Partner
from partners.models.baskets import Stage
from partners.models.registry import PartnerState
from partners.rights import MAKE_BASKET, need
from partners.wording import in_words

if TYPE_CHECKING:
    from backoffice.logins.models import User

BASKET = "connector_basket"
NAME_LENGTH, RISK_LENGTH = 80, 1000
#: What a run does after a refused line, in words.
STOPS, GOES_ON = "Stop for that client", "Continue with the next line"
_NO_RIGHT = "You may not make baskets. Ask whoever leads the research desk."


# --- making -------------------------------------------------------------------------------------------------------


def make(partner: Partner, name: str, product_code: str, *, by: "User") -> Basket:
    """Make a basket without a version. Raises NotPermitted and ConnectorProblem."""
    need(by, MAKE_BASKET, _NO_RIGHT)
    name = checked(name, ConnectorProblem, "Give the basket a name.", most=NAME_LENGTH)
    if partner.state != PartnerState.ACTIVE or not partner.serves:
        raise ConnectorProblem(f"{partner.name} has no baskets here: it is external, suspended or ended.")
    if not partner.has_product(product_code):
        raise ConnectorProblem(f"{partner.name} has no product {product_code[:50]}. Choose one of its list.")
    try:
        with transaction.atomic():
            basket = Basket.objects.create(partner=partner, name=name, product_code=product_code, made_by=by)
            _record("connector.basket_made", basket, by, f"Basket {name} made for {partner.name}.")
    except IntegrityError:
        raise ConnectorProblem(f"{partner.name} has a basket named {name}. Choose another name.") from None
    return basket


def save_version(
    basket: Basket,
    lines: Sequence[Line],
    *,
    risk_text: str,
    prices_as_of: datetime,
    valid_until: datetime,
    by: "User",
    goes_on: bool = False,
    version: BasketVersion | None = None,
) -> BasketVersion:
    """Save lines as a new version, or replace those of an unsubmitted draft (`version`).

    `goes_on`: a run of it places the next lines after a refused one. Lines may have findings:
    `basket_lines.look` returns them, and `submit` refuses. Each line's scrip must be in the current master.
    Raises NotPermitted, and ConnectorProblem naming a line with a missing scrip.
    """
    need(by, MAKE_BASKET, _NO_RIGHT)
    risk_text = checked(
        risk_text, ConnectorProblem, "Write the risk text that clients see.", most=RISK_LENGTH
    )
    if len(lines) > pure.MOST_LINES:
        raise ConnectorProblem(f"A basket has at most {pure.MOST_LINES} lines; this one has {len(lines)}.")
    rows = basket_lines.rows(lines)
    if twice := [found for found in pure.basket_findings(lines) if found.path.endswith(".symbol")]:
        raise ConnectorProblem(twice[0].text)
    with transaction.atomic():
        _take_turn(basket.pk)
        if version is None:
            newest = basket.versions.order_by("-number").first()
            version = BasketVersion(basket=basket, number=newest.number + 1 if newest else 1, made_by=by)
        else:
            version = _own(version)
            if version.stage not in (Stage.DRAFT, Stage.REJECTED):
                raise ConnectorProblem(f"This version is {version.stage.label.lower()}. Make a new version.")
            version.lines.all().delete()
        version.risk_text = risk_text
        version.prices_as_of, version.valid_until, version.goes_on = prices_as_of, valid_until, goes_on
        version.save()
        for row in rows:
            row.version = version
        BasketLine.objects.bulk_create(rows)
        version.content_hash = current_hash(version)
        version.save(update_fields=["content_hash"])
        words = f"Version {version.number} saved with {len(rows)} lines."
        _record("connector.basket_saved", basket, by, words, content=version.content_hash)
    return version


def current_hash(version: BasketVersion) -> str:
    """SHA-256 (hex) over the version's content as the database has it now."""
    lines = [basket_lines.line_of(line) for line in version.lines.all()]
    return pure.content_hash(
        version.basket.product_code, version.risk_text, version.valid_until, lines, goes_on=version.goes_on
    )


# --- approval -----------------------------------------------------------------------------------------------------


def submit(version: BasketVersion, *, by: "User", reason: str, token: uuid.UUID) -> Change:
    """Propose a version to a checker. Raises HasFindings, ConnectorProblem, and what `changes.submit` raises."""
    with transaction.atomic():
        take_turn(
            version.basket.subject
        )  # before the row is locked, as in an approval: neither blocks the other
        _take_turn(version.basket_id)
        version = _own(version)
        if version.stage not in (Stage.DRAFT, Stage.REJECTED):
            raise ConnectorProblem(f"This version is {version.stage.label.lower()} already.")
        if wrong := errors(basket_lines.look(version)):
            raise HasFindings(wrong)
        change = changes.submit(BASKET, values_of(version), by=by, reason=reason, token=token)
        BasketVersion.objects.filter(pk=version.pk, state=Stage.DRAFT).update(change=change)
    return change


def publish(values: dict[str, Any], change: Change) -> BasketVersion:
    """Publish an approved version: it gets its Reco ID, and the previous one is superseded.

    Its kind of change calls this in the transaction of the approval. Raises ConnectorProblem if the content
    is not the approved one.
    """
    from partners import invitations  # it imports this module

    _take_turn(values["basket"])
    version = _own(BasketVersion.objects.get(pk=values["version"]))
    if version.state != Stage.DRAFT or current_hash(version) != values["content"]:
        raise ConnectorProblem(
            "The basket is not the one that was submitted. Its maker must submit it again."
        )
    now = timezone.now()
    for old in version.basket.versions.filter(state=Stage.PUBLISHED):
        _end(old, Stage.SUPERSEDED, now)
        invitations.void_of(old, "A newer version of the basket was published.")
    version.state, version.published_at = Stage.PUBLISHED, now
    version.change, version.reco_id = change, _unused_reco_id()
    version.content_hash = values["content"]
    version.save()
    return version


def withdraw(version: BasketVersion, *, by: "User", reason: str) -> None:
    """Take a version back: a draft, or a published one, whose invitations end. Raises NotPermitted and
    ConnectorProblem.
    """
    from partners import invitations  # it imports this module

    need(by, MAKE_BASKET, _NO_RIGHT)
    reason = checked(reason, ConnectorProblem, "Say why you withdraw it: the trail needs it.")
    with transaction.atomic():
        _take_turn(version.basket_id)
        version = _own(version)
        if version.stage not in (Stage.DRAFT, Stage.REJECTED, Stage.PUBLISHED):
            raise ConnectorProblem(f"This version is {version.stage.label.lower()}. It cannot be withdrawn.")
        _end(version, Stage.WITHDRAWN, timezone.now())
        ended = invitations.void_of(version, "The basket was withdrawn.")
        words = f"Version {version.number} withdrawn. {ended} invitations ended."
        _record("connector.basket_withdrawn", version.basket, by, words, reason)


def expire_due() -> int:
    """Expire published versions whose time has passed, with their invitations. Returns how many."""
    from partners import invitations  # it imports this module

    done = 0
    for due in BasketVersion.objects.filter(state=Stage.PUBLISHED, valid_until__lte=timezone.now()):
        with transaction.atomic():
            _take_turn(due.basket_id)
            version = _own(due)
            if version.state != Stage.PUBLISHED:
                continue
            _end(version, Stage.EXPIRED, timezone.now())
            invitations.expire_of(version)
            _record("connector.basket_expired", version.basket, None, f"Version {version.number} expired.")
            done += 1
    return done


def published(lane: str) -> BasketVersion | None:
    """The published version of the basket that `basket:ID` names."""
    number = whole(lane.partition(":")[2])
    return BasketVersion.objects.filter(basket=number, state=Stage.PUBLISHED).first() if number else None


def version_of(values: Values) -> BasketVersion | None:
    """The version that a proposal names."""
    number, basket = whole(values.get("version")), whole(values.get("basket"))
    if number is None or basket is None:
        return None
    own = BasketVersion.objects.select_related("basket", "change")
    return own.filter(pk=number, basket=basket).first()


def values_of(version: BasketVersion) -> Values:
    """A version as the change has it, in words for the checker."""
    return {
        "basket": str(version.basket_id),
        "version": str(version.pk),
        "name": version.basket.name,
        "product_code": version.basket.product_code,
        "valid_until": f"{timezone.localtime(version.valid_until):%d-%m-%Y %H:%M}",
        "risk_text": version.risk_text,
        "refused_line": GOES_ON if version.goes_on else STOPS,
        "lines": [in_words(line) for line in version.lines.all()],
        "content": current_hash(version),
    }


# --- helpers ------------------------------------------------------------------------------------------------------


def _take_turn(basket: Any) -> None:
    """Let all that changes versions of a basket (its number) wait for one another."""
    Basket.objects.select_for_update().get(pk=basket)


def _own(version: BasketVersion) -> BasketVersion:
    return BasketVersion.objects.select_related("basket", "basket__partner", "change").get(pk=version.pk)


def _end(version: BasketVersion, state: Stage, at: datetime) -> None:
    version.state, version.ended_at = state, at
    version.save(update_fields=["state", "ended_at"])


def _unused_reco_id() -> str:
    """Return a Reco ID that no version ever had (C6). The database keeps two simultaneous approvals apart."""
    while BasketVersion.objects.filter(reco_id=(reco_id := new_reco_id())).exists():
        continue
    return reco_id


def _record(
    action: str, basket: Basket, by: "User | None", text: str, reason: str = "", **details: object
) -> None:
    record(action, by=by, subject=basket.subject, text=text, reason=reason, details=details)
