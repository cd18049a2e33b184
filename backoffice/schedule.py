"""What beat starts, and how often (seconds). A task that missed its turn by `expires` is dropped: others follow."""

from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep": {
        "task": "backoffice.delivery.tasks.sweep",
        "schedule": 1.0,
        # A sweep that waited longer than this (seconds) is followed by others anyway: they must not pile up.
        "options": {"expires": 5},
    },
    "expire": {
        "task": "backoffice.changes.tasks.expire_pending",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "expire-batches": {
        "task": "backoffice.batches.tasks.expire_pending",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    # How long an entry may be altered unnoticed.
    "audit-checks": {
        "task": "backoffice.audit.tasks.verify_asked",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "refusals": {
        "task": "backoffice.audit.tasks.note_refusals",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    # Once a day: the task looks whether it was done.
    "audit-pruning": {"task": "backoffice.audit.tasks.prune", "schedule": 3600.0},
    "audit-partitions": {"task": "backoffice.audit.tasks.make_partitions", "schedule": 3600.0},
    "seal": {"task": "backoffice.audit.tasks.seal", "schedule": 60.0, "options": {"expires": 60}},
    "questions": {
        "task": "backoffice.delivery.tasks.fetch_answers",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "periodicities": {
        "task": "limits.tasks.refresh_periodicities",
        # Once a day: the task looks whether it was done.
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "batches": {
        "task": "backoffice.batches.tasks.sweep",
        "schedule": 2.0,
        "options": {"expires": 5},
    },
    "expired-files": {"task": "backoffice.batches.tasks.expire_files", "schedule": 3600.0},
    "exports": {
        "task": "backoffice.exports.tasks.work_due",
        "schedule": 2.0,
        "options": {"expires": 5},
    },
    "scrip-masters": {
        "task": "markets.tasks.work_due",
        "schedule": 2.0,
        "options": {"expires": 5},
    },
    # Once a day before the exchanges open: the task looks whether it was done.
    "fetch-scrip-masters": {
        "task": "markets.tasks.fetch_due",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "order-messages": {
        "task": "partners.tasks.read_inbox",
        "schedule": 2.0,
        "options": {"expires": 5},
    },
    "connector": {
        "task": "partners.tasks.look",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "keys-of-partners": {
        "task": "partners.tasks.fetch_keys",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "order-sync": {
        "task": "partners.tasks.sync",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "order-desk": {
        "task": "trading.tasks.end_unused",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "reconciliations": {
        "task": "backoffice.reconciliation.tasks.work_due",
        "schedule": 2.0,
        "options": {"expires": 5},
    },
    "notices": {
        "task": "backoffice.notices.tasks.work_due",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "expired-notices": {"task": "backoffice.notices.tasks.expire", "schedule": 3600.0},
    "expired-reconciliations": {"task": "backoffice.reconciliation.tasks.expire_files", "schedule": 3600.0},
    "expired-exports": {"task": "backoffice.exports.tasks.expire", "schedule": 3600.0},
}
