"""The part of evidence packs on runs: who proposed and opened them, each client, each line and its order."""

from collections.abc import Iterable

from django.db.models import QuerySet

from backoffice.audit.evidence import Part, Row, Scope
from partners.rights import MONITOR
from runs.models import Run, RunClient
from runs.monitor import with_lines
from trading.statuses import ORDER


def runs(scope: Scope) -> Iterable[Row]:
    """The runs of a scope, oldest first; of one client only that client's lines."""
    found = Run.objects.order_by("id").select_related(
        "version__basket__partner", "made_by", "change__decided_by"
    )
    clients = RunClient.objects.all()
    if scope.subject:
        group_id, _, user_id = scope.subject.partition("/")
        clients = clients.filter(client__group_id=group_id, client__user_id=user_id)
        found = found.filter(clients__in=clients).distinct()
    return [_row(run, clients.filter(run=run)) for run in scope.during(found, "created_at")]


def _row(run: Run, clients: QuerySet[RunClient]) -> Row:
    return {
        "id": run.pk,
        "basket": str(run.version),
        "reco_id": run.version.reco_id,
        "partner": run.version.basket.partner.name,
        "algo_id": run.algo_id,
        "content_hash": run.content_hash,
        "state": run.stage.label,
        "proposed_by": run.made_by.get_username(),
        "proposed_at": run.created_at,
        "opened_at": run.opened_at,
        "change": run.change_id,
        "reason": run.reason,
        "clients": [
            {
                "client": own.client.lane,
                "state": own.shown_state.label,
                "why": own.why,
                "reason": own.reason,
                "lines": [
                    {
                        "line": line.line.number,
                        "scrip": line.line.symbol,
                        "order": str(line.order or ""),
                        "identifier": line.order.identifier if line.order else "",
                        "order_id": line.order.order_id if line.order else "",
                        "state": ORDER[line.order.shown_state].word if line.order else line.problem,
                    }
                    for line in own.lines.all()
                ],
            }
            for own in with_lines(clients)
        ],
    }


PART = Part("connector_runs", "Runs", MONITOR, "runs/_evidence.html", runs)
