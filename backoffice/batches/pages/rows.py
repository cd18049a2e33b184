"""The rows of a batch with their outcomes: change, deliveries, ODIN's answer."""

from collections.abc import Collection

from django.db.models import BigIntegerField, Case, F, OuterRef, Q, QuerySet, Subquery, When

from backoffice.batches.file.columns import Column
from backoffice.batches.models import Batch, Row
from backoffice.changes.models import Change
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import State as DeliveryState
from backoffice.kit import privacy, subjects
from backoffice.protocol.secret import MASK

#: Fields of a delivery that show its row's outcome, and their names on a row.
SAID = {
    "delivery_state": "state",
    "answer_code": "code",
    "answer_text": "text",
    "answer_reason": "reason",
    "delivery_reference": "reference",
    "finished_at": "finished_at",
}


def with_outcome(batch: Batch) -> QuerySet[Row]:
    """Return the rows, each with `change_id`, `change_state` and the names in SAID.

    If a row has several messages, the first that is not applied decides; if all are applied, the last one.
    """
    change = Change.objects.filter(batch_id=batch.pk, row_number=OuterRef("number"))
    deliveries = Delivery.objects.filter(change__batch_id=batch.pk, change__row_number=OuterRef("number"))
    applied = Q(state=DeliveryState.APPLIED)
    speaking = deliveries.order_by(
        Case(When(applied, then=1), default=0),
        Case(When(applied, then=-F("id")), default=F("id"), output_field=BigIntegerField()),
    )
    said = {name: Subquery(speaking.values(column)[:1]) for name, column in SAID.items()}
    return batch.rows.annotate(
        change_id=Subquery(change.values("id")[:1]), change_state=Subquery(change.values("state")[:1]), **said
    )


def names_of(rows: Collection[Row]) -> dict[str, str]:
    """Return names by lane. A user who is not in the portal yet has the name in the row."""
    given = {row.lane: str(row.values["name"]) for row in rows if row.values.get("name")}
    return given | subjects.names_of({row.lane for row in rows})


def shown_cell(column: Column | None, text: str | None, shows: bool) -> str | None:
    """Return a cell for a page; the content of a column that was left out is unknown, and hidden."""
    if not text or shows:
        return text
    if column is None:
        return MASK
    return privacy.mask(column.field.personal, text) if column.field.personal else privacy.words(text, False)
