"""Four eyes in the database itself: triggers for what constraints cannot check (see `guarding`).

- Submitted content, maker, file, `not_before` and the number of checkers are never altered, and the change is
never deleted.

- Changes move between states only as people may move them. An approved change has enough approvals of its
content by people other than its maker, at least as many as its approval rule requires.

- Its maker approves nothing, only waiting changes can be approved, and approvals are permanent.

- An approval rule changes only by an approved change.

- Every delivery belongs to an approved change, one for each message. Its content never changes, it is never
deleted, and does not move after its end. Two people settle unknown money, neither of them its maker.

- An attempt keeps what was sent and how it ended.
"""

from typing import Any

from django.db import connections

from backoffice import guarding
from backoffice.delivery.handlers import money_types
from backoffice.delivery.states import FINAL
from backoffice.guarding import Guard, Guards

#: The moves of a change and of a file that waits for a decision.
_DECIDED = "'approved', 'rejected', 'withdrawn', 'stale', 'expired'"
_UNSUBMITTED_FILE = "'uploaded', 'checking', 'checked'"
#: How many must approve a submitted change at least, by the rule set for its kind; one if none is set.
_LEAST = """coalesce((SELECT CASE WHEN NEW.amount > r.above THEN 2 ELSE r.checkers END
    FROM changes_approvalrule r WHERE r.kind = NEW.kind), 1)"""
#: How many other people approved exactly this; none if the person who decided is not among them.
_APPROVALS = """(SELECT CASE WHEN sum(CASE WHEN a.by_id = NEW.decided_by_id THEN 1 ELSE 0 END) > 0
    THEN count(*) ELSE 0 END FROM changes_approval a WHERE a.by_id <> NEW.made_by_id AND {})"""
_OF_A_CHANGE = "(a.batch_id = NEW.batch_id OR (a.change_id = NEW.id AND a.content_hash = NEW.content_hash))"
#: What an approved change of a rule says. Each database reads the JSON of its message in its own way.
_SAID = {
    "postgresql": "c.messages -> 0 -> 'values' ->> '{}'",
    "sqlite": "json_extract(c.messages, '$[0].values.{}')",
}
_RULE_APPROVED = """EXISTS (SELECT 1 FROM changes_change c WHERE c.kind = 'approval_rule' AND c.state = 'approved'
    AND c.subject = 'rule:' || NEW.kind AND c.record_version = NEW.version - 1
    AND {checkers} = CAST(NEW.checkers AS text)
    AND coalesce(CAST(nullif({above}, '') AS numeric), 0) = coalesce(NEW.above, 0))"""

_CHANGES: Guards = {
    "change_born_undecided": Guard(
        "INSERT",
        "changes_change",
        "NEW.state NOT IN ('draft', 'submitted')",
        "a change is decided after it was submitted",
    ),
    "change_of_a_submitted_file": Guard(
        "INSERT",
        "changes_change",
        "coalesce((SELECT b.state FROM batches_batch b WHERE b.id = NEW.batch_id), 'submitted') <> 'submitted'",
        "a file has the changes with which it was submitted",
        looks_elsewhere=True,
    ),
    "change_needs_its_checkers": Guard(
        "INSERT",
        "changes_change",
        f"NEW.state = 'submitted' AND NEW.checkers < {_LEAST}",
        "a change needs as many checkers as its approval rule says",
        looks_elsewhere=True,
    ),
    "draft_needs_its_checkers": Guard(
        "UPDATE",
        "changes_change",
        f"NEW.checkers < {_LEAST}",
        "a change needs as many checkers as its approval rule says",
        looks_elsewhere=True,
        first="OLD.state = 'draft' AND NEW.state = 'submitted'",
    ),
    "change_approved_by_enough": Guard(
        "UPDATE",
        "changes_change",
        f"""NEW.state = 'approved' AND OLD.state <> 'approved'
            AND NEW.checkers > {_APPROVALS.format(_OF_A_CHANGE)}""",
        "an approved change needs the approvals of others",
        looks_elsewhere=True,
    ),
    "change_kept_as_submitted": Guard(
        "UPDATE",
        "changes_change",
        f"""NEW.id <> OLD.id OR (OLD.state <> 'draft' AND (NEW.made_by_id <> OLD.made_by_id
            OR NEW.content_hash <> OLD.content_hash OR NEW.checkers <> OLD.checkers OR NEW.kind <> OLD.kind
            OR NEW.subject <> OLD.subject OR NEW.record_version <> OLD.record_version
            OR NEW.profile <> OLD.profile OR NEW.profile_version <> OLD.profile_version
            OR NEW.not_before IS DISTINCT FROM OLD.not_before
            OR coalesce(NEW.batch_id, 0) <> coalesce(OLD.batch_id, 0)
            OR coalesce(NEW.row_number, 0) <> coalesce(OLD.row_number, 0)
            OR coalesce(NEW.corrects_id, 0) <> coalesce(OLD.corrects_id, 0)
            OR coalesce(NEW.corrects_part, -1) <> coalesce(OLD.corrects_part, -1)
            OR (OLD.state <> 'submitted' AND (NEW.decided_by_id IS DISTINCT FROM OLD.decided_by_id
                OR NEW.decided_at IS DISTINCT FROM OLD.decided_at OR NEW.decision_reason <> OLD.decision_reason))
            )) OR (NEW.state <> OLD.state AND NOT (OLD.state = 'draft' AND NEW.state = 'submitted'
                OR OLD.state = 'submitted' AND NEW.state IN ({_DECIDED})
                OR OLD.state = 'approved' AND NEW.state = 'stale'))""",
        "what was submitted stays as it is",
    ),
    # A trigger of its own: a decision on a whole file, which sets none of these, need not compare them.
    "change_says_what_was_submitted": Guard(
        "UPDATE",
        "changes_change",
        """OLD.state <> 'draft' AND ({json}(NEW.messages) IS DISTINCT FROM {json}(OLD.messages)
            OR {json}(NEW."values") IS DISTINCT FROM {json}(OLD."values")
            OR {json}(NEW.message_adds) IS DISTINCT FROM {json}(OLD.message_adds)
            OR {json}(NEW."before") IS DISTINCT FROM {json}(OLD."before")
            OR {json}(NEW.findings) IS DISTINCT FROM {json}(OLD.findings)
            OR {json}(NEW.risks) IS DISTINCT FROM {json}(OLD.risks)
            OR NEW.amount IS DISTINCT FROM OLD.amount OR NEW.reason <> OLD.reason)""",
        "what was submitted stays as it is",
        columns=("messages", '"values"', "message_adds", '"before"', "findings", "risks", "amount", "reason"),
    ),
    "change_kept": Guard(
        "DELETE",
        "changes_change",
        "OLD.state <> 'draft'",
        "what was submitted is kept",
    ),
}

_APPROVALS_AND_RULES: Guards = {
    "approval_by_another": Guard(
        "INSERT",
        "changes_approval",
        """NOT EXISTS (SELECT 1 FROM changes_change c WHERE c.id = NEW.change_id
                AND c.made_by_id <> NEW.by_id AND c.state = 'submitted' AND c.content_hash = NEW.content_hash)
            AND NOT EXISTS (SELECT 1 FROM batches_batch b WHERE b.id = NEW.batch_id
                AND b.made_by_id <> NEW.by_id AND b.state = 'submitted' AND b.content_hash = NEW.content_hash)""",
        "another person approves what is submitted",
        looks_elsewhere=True,
    ),
    "approval_stays": Guard(
        "UPDATE",
        "changes_approval",
        "TRUE",
        "an approval is given once and never changed",
    ),
    "approval_kept": Guard("DELETE", "changes_approval", "TRUE", "an approval is never taken back"),
    "rule_set_by_a_change": Guard(
        "INSERT",
        "changes_approvalrule",
        "NEW.version <> 1 OR NOT {approved}",
        "an approval rule is set by an approved change",
        looks_elsewhere=True,
    ),
    "rule_changed_by_a_change": Guard(
        "UPDATE",
        "changes_approvalrule",
        "NEW.kind <> OLD.kind OR NEW.version <> OLD.version + 1 OR NOT {approved}",
        "an approval rule is set by an approved change",
        looks_elsewhere=True,
    ),
    "rule_kept": Guard(
        "DELETE", "changes_approvalrule", "TRUE", "an approval rule is changed and not deleted"
    ),
}

_FILES: Guards = {
    "file_kept_as_submitted": Guard(
        "UPDATE",
        "batches_batch",
        f"""NEW.id <> OLD.id OR (OLD.state NOT IN ({_UNSUBMITTED_FILE}) AND (NEW.made_by_id <> OLD.made_by_id
            OR NEW.content_hash <> OLD.content_hash OR NEW.kind <> OLD.kind OR NEW.mode <> OLD.mode
            OR NEW.sha256 <> OLD.sha256 OR NEW.not_before IS DISTINCT FROM OLD.not_before
            OR (NEW.state <> OLD.state AND NOT (OLD.state = 'submitted' AND NEW.state IN ({_DECIDED})))))
            OR (NEW.state = 'approved' AND OLD.state NOT IN ('submitted', 'approved'))""",
        "what was submitted stays as it is",
    ),
    "file_approved_by_another": Guard(
        "UPDATE",
        "batches_batch",
        f"{_APPROVALS.format('a.batch_id = NEW.id')} = 0",
        "an approved file needs the approvals of others",
        looks_elsewhere=True,
        first="NEW.state = 'approved' AND OLD.state <> 'approved'",
    ),
    "file_born_undecided": Guard(
        "INSERT",
        "batches_batch",
        "NEW.state = 'approved'",
        "a file is approved after it was submitted",
    ),
    "file_kept": Guard(
        "DELETE",
        "batches_batch",
        f"OLD.state NOT IN ({_UNSUBMITTED_FILE})",
        "what was submitted is kept",
    ),
}

_ENDS = ", ".join(f"'{state}'" for state in FINAL)
_DELIVERIES: Guards = {
    "delivery_of_an_approved_change": Guard(
        "INSERT",
        "delivery_delivery",
        # A value instead of EXISTS, so that PostgreSQL uses the key, whatever its statistics say.
        "coalesce((SELECT c.state FROM changes_change c WHERE c.id = NEW.change_id), '') <> 'approved'",
        "only an approved change is owed to ODIN",
        looks_elsewhere=True,
    ),
    "delivery_of_this_change": Guard(
        "UPDATE",
        "delivery_delivery",
        """NEW.id <> OLD.id OR NEW.change_id <> OLD.change_id OR NEW.message_type <> OLD.message_type
            OR NEW.part <> OLD.part OR NEW.lane <> OLD.lane OR NEW.ahead <> OLD.ahead
            OR NEW.reference <> OLD.reference OR NEW.content_hash <> OLD.content_hash""",
        "a delivery stays that of its change",
    ),
    "delivery_ends_once": Guard(
        "UPDATE",
        "delivery_delivery",
        f"OLD.state IN ({_ENDS}) AND NEW.state <> OLD.state",
        "a delivery that has ended is not moved again",
    ),
    "delivery_kept": Guard("DELETE", "delivery_delivery", "TRUE", "what was owed to ODIN is kept"),
    "settlement_proposed_by_another": Guard(
        "UPDATE",
        "delivery_delivery",
        """NEW.settled_by_id IS NOT NULL OR EXISTS (SELECT 1 FROM changes_change c
            WHERE c.id = NEW.change_id AND c.made_by_id = NEW.proposed_by_id)""",
        "its maker does not settle it",
        looks_elsewhere=True,
        first="NEW.proposed_by_id IS DISTINCT FROM OLD.proposed_by_id AND NEW.proposed_by_id IS NOT NULL",
    ),
    "money_settled_by_two": Guard(
        "UPDATE",
        "delivery_delivery",
        """OLD.proposed_by_id IS NULL OR NEW.settled_by_id IS NULL OR NEW.settled_by_id = OLD.proposed_by_id
            OR OLD.proposed <> CASE WHEN NEW.state IN ('applied', 'refused') THEN NEW.state ELSE 'again' END
            OR EXISTS (SELECT 1 FROM changes_change c WHERE c.id = NEW.change_id
                AND c.made_by_id IN (OLD.proposed_by_id, NEW.settled_by_id))""",
        "two people settle money whose outcome is unknown, neither of them its maker",
        looks_elsewhere=True,
        # A worker repeats it unless it waits for a person.
        first="""OLD.state = 'unknown' AND OLD.message_type IN ({money})
            AND (NEW.state NOT IN ('unknown', 'in_flight')
                OR (OLD.needs_person AND (NEW.state <> OLD.state OR NOT NEW.needs_person)))""",
    ),
    "attempt_stays": Guard(
        "UPDATE",
        "delivery_attempt",
        # One that was marked as unknown may still be answered.
        """NEW.id <> OLD.id OR NEW.delivery_id <> OLD.delivery_id OR NEW.number <> OLD.number
            OR NEW.worker <> OLD.worker
            OR (OLD.outcome NOT IN ('', 'unknown') AND (NEW.outcome <> OLD.outcome OR NEW.answer <> OLD.answer
                OR NEW.code <> OLD.code OR NEW.text <> OLD.text))""",
        "an attempt stays as it ended",
    ),
    "attempt_says_what_was_sent": Guard(
        "UPDATE",
        "delivery_attempt",
        "NEW.request <> OLD.request",
        "an attempt says what was sent",
        columns=("request",),
    ),
    "attempt_kept": Guard("DELETE", "delivery_attempt", "TRUE", "an attempt is kept"),
}


def guards(vendor: str) -> Guards:
    """Return all triggers in the SQL of this kind of database."""
    said = {name: _SAID[vendor].format(name) for name in ("checkers", "above")}
    approved = _RULE_APPROVED.format(**said)
    rules = {
        name: guard._replace(condition=guard.condition.replace("{approved}", approved))
        for name, guard in _APPROVALS_AND_RULES.items()
    }
    money = ", ".join(map(str, money_types()))
    deliveries = {
        name: guard._replace(first=guard.first.replace("{money}", money))
        for name, guard in _DELIVERIES.items()
    }
    return {**_CHANGES, **rules, **_FILES, **deliveries}


def put_up(using: str, **kwargs: Any) -> None:
    """Create the triggers. Run after each migration, once all tables exist."""
    connection = connections[using]
    guarding.put_up(connection, guards(connection.vendor))


def take_down(using: str, **kwargs: Any) -> None:
    """Drop them before migrations on SQLite, which cannot rename a table that another table's trigger names."""
    connection = connections[using]
    if connection.vendor == "sqlite":
        guarding.take_down(connection, guards(connection.vendor))
