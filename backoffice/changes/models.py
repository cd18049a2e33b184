"""Changes: proposals with new and previous values, and who asked and why."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import CharField, F, Q
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Upper
from django.urls import reverse

from backoffice.audit.search import UserId
from backoffice.changes.examination import FilledFrom
from backoffice.changes.results import Result
from backoffice.changes.stored_values import whole
from backoffice.kit.text_indexes import BeginningIndex, PartIndex


class State(models.TextChoices):
    """The state of a change by people's actions. The result of an approved one at ODIN is separate."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    STALE = "stale", "Stale"
    EXPIRED = "expired", "Expired"


DECIDED = (State.APPROVED, State.REJECTED)
#: States from which the maker may start again, since the change was not approved.
CAME_BACK = (State.REJECTED, State.STALE, State.EXPIRED)
#: The status that people see, see `kinds.status_of`.
STATUSES = [*State.choices[:3], *Result.choices, *State.choices[3:]]

#: Condition for changes that wait for a checker and whose record does not exist yet.
NEW_RECORD = Q(state=State.SUBMITTED, record_version=0)


def said(name: str) -> Upper:
    """Return one value of a submitted change's first message in capitals, as indexes have it."""
    first = KeyTransform("values", KeyTransform(0, "messages"))
    return Upper(KeyTextTransform(name, first, output_field=CharField()))


class Change(models.Model):
    """One proposal of a maker.

    `kind` names the kind of change (see `kinds`). `values` are the form's, with secrets sealed; `before` are
    the record's confirmed values at submission; `messages` are the messages to send, `[{"type": 301,
    "values": {...}}]`, and `content_hash` binds the approvals to exactly these. Values that form and first
    message share are stored in the message alone. `decided_by` is the last who approved, or who rejected.
    `record_version` is the version of the record that the proposal was made on. A draft may hold any input.
    """

    token = models.UUIDField(
        default=uuid.uuid4,
        null=True,
        help_text="Of the form: two clicks are one change. What comes in a file has none.",
    )
    kind = models.CharField(max_length=40)
    subject = models.CharField(
        max_length=40,
        blank=True,
        help_text="What it is about: GROUP/USER of a retail user, staff:LOGIN, rule:KIND.",
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    result = models.CharField(
        max_length=12,
        choices=Result.choices,
        blank=True,
        help_text="Of its deliveries, in whose moves it follows; empty while all of them are queued.",
    )
    corrects = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="corrections",
        db_index=False,  # the index change_by_corrected serves it
        help_text="The change of the same maker that came back, or that ODIN refused, in whose place this one is.",
    )
    corrects_part = models.PositiveSmallIntegerField(
        null=True,
        help_text="Which refused message of that change it is in the place of; empty for all of them.",
    )
    profile = models.CharField(
        max_length=30, blank=True, help_text="The onboarding profile that it was filled from, if any."
    )
    profile_version = models.PositiveIntegerField(default=0)
    own_values = models.JSONField(
        default=dict,
        db_column="values",
        help_text="What the form held; of a submitted change only what its first message does not say as well.",
    )
    message_adds = models.JSONField(
        null=True,
        help_text="The fields of its first message that the form did not have. Empty: `own_values` is all of the form.",
    )
    before = models.JSONField(null=True)
    messages = models.JSONField(default=list)
    findings = models.JSONField(default=list, help_text="The warnings that the maker saw.")
    content_hash = models.CharField(max_length=64, blank=True)
    record_version = models.PositiveIntegerField(default=0)
    batch = models.ForeignKey(
        "batches.Batch",
        null=True,
        on_delete=models.PROTECT,
        related_name="changes",
        db_index=False,  # change_one_for_a_row begins with it
        help_text="The file it came in, which is decided as one.",
    )
    row_number = models.PositiveIntegerField(null=True)
    amount = models.DecimalField(max_digits=20, decimal_places=2, null=True, help_text="Rupees that it adds.")
    checkers = models.PositiveSmallIntegerField(
        default=1, help_text="How many must approve it, by the rule in force when it was submitted."
    )
    risks = models.JSONField(default=list, help_text="What a checker should look at twice, see `risks.Risk`.")
    reason = models.TextField(blank=True)
    not_before = models.DateTimeField(
        null=True, help_text="Its messages do not go out earlier. Approved with it; empty: at once."
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="changes_made",
        db_index=False,  # change_by_maker begins with it
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="changes_decided",
        db_index=False,  # no page searches by it, and the approval of a file writes it into each row
    )
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)
    request_id = models.CharField(
        max_length=32,
        blank=True,
        help_text="Of the request that decided it: the logs of its deliveries name it.",
    )

    class Meta:
        ordering = ["-id"]
        default_permissions = ("add", "view")
        permissions = [("approve_change", "Can approve or reject the changes of others")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="change_state_known"),
            models.CheckConstraint(
                condition=Q(result="") | Q(state=State.APPROVED, result__in=Result.values),
                name="change_result_of_an_approved_one",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("made_by")),
                name="change_needs_four_eyes",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=DECIDED)
                | Q(decided_by__isnull=False, decided_at__isnull=False)
                | Q(state=State.APPROVED, checkers=0, decided_at__isnull=False),
                name="change_decided_by_somebody",
            ),
            models.CheckConstraint(condition=Q(checkers__lte=2), name="change_checkers_at_most_two"),
            models.CheckConstraint(
                condition=Q(state=State.DRAFT)
                | (Q(submitted_at__isnull=False) & ~Q(subject="") & ~Q(content_hash="")),
                name="change_submitted_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.REJECTED) | ~Q(decision_reason=""),
                name="change_rejected_with_a_reason",
            ),
            models.UniqueConstraint(
                fields=["token"], condition=Q(token__isnull=False), name="change_one_for_a_token"
            ),
            models.UniqueConstraint(fields=["batch", "row_number"], name="change_one_for_a_row"),
            models.CheckConstraint(
                condition=Q(batch__isnull=True, row_number__isnull=True)
                | Q(batch__isnull=False, row_number__isnull=False),
                name="change_of_a_batch_has_a_row",
            ),
            models.UniqueConstraint(
                fields=["corrects"],
                condition=Q(corrects__isnull=False, corrects_part__isnull=True),
                name="change_corrected_once",
            ),
            models.UniqueConstraint(
                fields=["corrects", "corrects_part"],
                condition=Q(corrects__isnull=False, corrects_part__isnull=False),
                name="change_part_corrected_once",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "result", "-id"], name="change_by_status"),
            models.Index(
                fields=["corrects"], condition=Q(corrects__isnull=False), name="change_by_corrected"
            ),
            models.Index(fields=["subject", "-id"], name="change_by_subject"),
            BeginningIndex(UserId("subject"), name="change_by_user_id"),
            models.Index(fields=["kind", "-id"], name="change_by_kind"),
            models.Index(fields=["created_at", "-id"], name="change_by_time"),
            models.Index(fields=["-id"], condition=~Q(risks=[]), name="change_that_stands_out"),
            # For the inbox's count on every page: never rows of a waiting file.
            models.Index(
                fields=["kind", "-id"],
                condition=Q(state=State.SUBMITTED, batch__isnull=True),
                name="change_waiting_by_kind",
            ),
            models.Index(fields=["made_by", "-id"], name="change_by_maker"),
            # For what makers see of their own on Today, without the rows of files.
            models.Index(
                fields=["made_by", "state", "result"],
                condition=Q(batch__isnull=True),
                name="change_of_maker_by_status",
            ),
            # For what compliance sees on Today.
            models.Index(
                fields=["decided_at"],
                condition=Q(state=State.APPROVED, batch__isnull=True),
                name="change_single_by_decision",
            ),
            # For searches of new records before they exist.
            models.Index(fields=["-id"], condition=NEW_RECORD, name="change_new_by_number"),
            BeginningIndex(UserId("subject"), condition=NEW_RECORD, name="change_new_user_id"),
            PartIndex(said("name"), condition=NEW_RECORD, name="change_new_part_of_name"),
            BeginningIndex(said("pan"), condition=NEW_RECORD, name="change_new_pan_begins"),
        ]

    def __str__(self) -> str:
        return f"Change {self.pk} ({self.kind} for {self.subject or 'no record yet'})"

    def get_absolute_url(self) -> str:
        return reverse("changes:detail", args=[self.pk])

    @property
    def status(self) -> str:
        """One of STATUSES."""
        from backoffice.changes.kinds import status_of  # it imports this module

        return status_of(self.kind, self.state, self.result)

    @property
    def values(self) -> dict[str, Any]:
        """The form's values, with secrets sealed."""
        return whole(self.own_values, self.message_adds, self.messages)

    @property
    def filled_from(self) -> FilledFrom:
        """The onboarding profile that filled it, if any."""
        return FilledFrom(self.profile, self.profile_version)

    @property
    def status_label(self) -> str:
        """Its status in words."""
        return str(dict(STATUSES)[self.status])


class Approval(models.Model):
    """One person's approval of exactly this content, of a change or of a whole file.

    The database refuses the maker's, and an approved change with fewer than it needs (see `guards`).
    """

    change = models.ForeignKey(
        Change, null=True, on_delete=models.PROTECT, related_name="approvals", db_index=False
    )
    batch = models.ForeignKey(
        "batches.Batch", null=True, on_delete=models.PROTECT, related_name="approvals", db_index=False
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="approvals")
    at = models.DateTimeField(auto_now_add=True)
    content_hash = models.CharField(max_length=64)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["change", "by"], name="approval_of_a_change_once"),
            models.UniqueConstraint(fields=["batch", "by"], name="approval_of_a_batch_once"),
            models.CheckConstraint(
                condition=Q(change__isnull=False, batch__isnull=True)
                | Q(change__isnull=True, batch__isnull=False),
                name="approval_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"Approval of {self.change or self.batch} by {self.by}"


class ApprovalRule(models.Model):
    """How many checkers a kind of change needs. A kind without a row has the rule of `rules.rule`.

    `above`: rupees; a change that adds more needs two, whatever `checkers` says. Null: no such limit.
    """

    kind = models.CharField(max_length=40, unique=True)
    checkers = models.PositiveSmallIntegerField(default=1)
    above = models.DecimalField(max_digits=20, decimal_places=2, null=True)
    version = models.PositiveIntegerField(default=1)
    set_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["kind"]
        default_permissions = ("view",)
        permissions = [
            ("propose_approvalrule", "Can propose other approval rules"),
            ("decide_approvalrule", "Can approve or reject approval rules that others proposed"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(checkers__lte=2), name="approval_rule_checkers_at_most_two"),
            models.CheckConstraint(
                condition=Q(above__isnull=True) | Q(above__gt=0), name="approval_rule_above_something"
            ),
        ]

    def __str__(self) -> str:
        return f"Approval rule of {self.kind}"
