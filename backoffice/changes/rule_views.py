"""Pages of the approval rules: the table of all kinds of change, and the form that proposes a rule."""

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from backoffice.access import StaffRequest, for_staff
from backoffice.changes import kinds, rules
from backoffice.changes.approval_rule import APPROVAL_RULE, PREFIX, values_of
from backoffice.changes.deciders import may_propose
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.form_pages import form_address
from backoffice.changes.models import ApprovalRule, Change, State
from backoffice.kit.sections import Block, Section

SECTIONS = (
    Section(
        "rule",
        "Rule",
        (Block(("checkers", "above")),),
        "It holds for what is submitted from then on. What waits already keeps the rule under which it was submitted.",
    ),
)


@dataclass(frozen=True)
class ShownRule:
    """A line of the table: the kind, its rule, and the change that waits to replace it."""

    title: str
    slug: str
    in_force: ApprovalRule
    adds_money: bool
    proposed: Change | None


def rule_form(slug: str) -> EntryForm:
    """The form for the rule of a kind of change. Raises Http404 for an unknown kind."""
    if slug not in kinds.KINDS:
        raise Http404("There is no such kind of change.")
    return EntryForm(
        kind=APPROVAL_RULE,
        title=f"Approval rule: {kinds.kind(slug).title}",
        text="How many people must approve this kind of change.",
        sections=SECTIONS,
        starting=lambda: values_of(rules.rule(slug)),
        address=form_address("changes:rule", slug),
        back=("Approval rules", reverse("changes:rules")),
        fixed={"kind": slug},
    )


@require_safe
@for_staff("changes.view_approvalrule")
def rule_list(request: StaffRequest) -> HttpResponse:
    """Every kind of change with the rule in force."""
    stored = {rule.kind: rule for rule in ApprovalRule.objects.all()}
    proposed = {
        change.subject: change
        for change in Change.objects.filter(kind=APPROVAL_RULE, state=State.SUBMITTED).order_by("-id")
    }
    shown = [
        ShownRule(
            kind.title,
            slug,
            stored.get(slug) or rules.default(slug),
            kind.adds_rupees,
            proposed.get(f"{PREFIX}{slug}"),
        )
        for slug, kind in sorted(kinds.KINDS.items(), key=lambda pair: pair[1].title)
    ]
    context = {
        "rules": shown,
        "may_propose": may_propose(request.user, kinds.kind(APPROVAL_RULE)),
    }
    return render(request, "changes/rules.html", context)
