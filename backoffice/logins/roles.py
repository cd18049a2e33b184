"""Roles as groups, with their permissions. Only this table defines them."""

from typing import Any

ROLES: dict[str, tuple[str, ...]] = {
    "maker": (
        "accounts.view_retailuser",
        "accounts.view_onboardingprofile",
        "accounts.see_personal_data",
        "accounts.work_with_personal_data",
        "limits.view_limitupdate",
        "markets.view_scrip",
        "markets.view_holiday",
        "odin.add_question",
        "changes.add_change",
        "batches.view_batch",
        "reconciliation.view_reconciliation",
        "reconciliation.add_reconciliation",
        "changes.view_change",
        "delivery.view_delivery",
        "trading.view_accesscheck",
        "trading.view_deskorder",
        "trading.stop_desk",
        "partners.monitor_connector",
        "partners.settle_connector",
        "partners.propose_partner",
        "partners.make_basket",
        "partners.stop_connector",
    ),
    "checker": (
        "accounts.view_retailuser",
        "accounts.view_onboardingprofile",
        "accounts.see_personal_data",
        "accounts.work_with_personal_data",
        "limits.view_limitupdate",
        "markets.view_scrip",
        "markets.view_holiday",
        "odin.add_question",
        "batches.view_batch",
        "changes.view_change",
        "changes.approve_change",
        "delivery.view_delivery",
        "delivery.resolve_delivery",
        "delivery.let_through_delivery",
        "odin.view_dealersession",
        "audit.view_entry",
        "trading.view_accesscheck",
        "trading.lift_accessstop",
        "trading.view_deskorder",
        "trading.stop_desk",
        "trading.release_desk",
        "partners.monitor_connector",
        "partners.settle_connector",
        "partners.approve_partner",
        "partners.approve_basket",
        "partners.stop_connector",
    ),
    "compliance": (
        "accounts.view_retailuser",
        "accounts.view_onboardingprofile",
        "accounts.see_personal_data",
        "limits.view_limitupdate",
        "markets.view_scrip",
        "markets.view_holiday",
        "batches.view_batch",
        "reconciliation.view_reconciliation",
        "reconciliation.add_reconciliation",
        "changes.view_change",
        "delivery.view_delivery",
        "odin.view_dealersession",
        "audit.view_entry",
        "audit.verify_entry",
        "changes.view_approvalrule",
        "trading.view_accesscheck",
        "trading.view_deskorder",
        "trading.stop_desk",
        "partners.monitor_connector",
        "partners.stop_connector",
    ),
    "support": (
        "accounts.view_retailuser",
        "limits.view_limitupdate",
        "markets.view_scrip",
        "markets.view_holiday",
        "changes.view_change",
        "delivery.view_delivery",
        "partners.monitor_connector",
    ),
    "admin": (
        "accounts.view_retailuser",
        "accounts.view_onboardingprofile",
        "accounts.propose_onboardingprofile",
        "accounts.decide_onboardingprofile",
        "delivery.view_delivery",
        "delivery.operate_gate",
        "odin.view_dealersession",
        "odin.operate_dealersession",
        "changes.view_approvalrule",
        "changes.propose_approvalrule",
        "changes.decide_approvalrule",
        "masters.view_name",
        "masters.change_name",
        "markets.view_scrip",
        "markets.view_holiday",
        "markets.change_holiday",
        "markets.add_scripimport",
        "batches.change_alias",
        "logins.view_user",
        "logins.propose_rights",
        "logins.approve_rights",
    ),
    "access": (
        "accounts.view_retailuser",
        "accounts.see_personal_data",
        "trading.check_access",
        "trading.view_accesscheck",
    ),
    # Never given to a maker or checker: `staff.kinds.rights` and the desk itself refuse it.
    "dealer": (
        "accounts.view_retailuser",
        "markets.view_scrip",
        "trading.deal",
        "trading.view_deskorder",
        "trading.stop_desk",
    ),
}


def make_groups(**kwargs: Any) -> None:
    """Create the groups of the table, with exactly its permissions. Run after each migration."""
    from django.apps import apps
    from django.contrib.auth.management import create_permissions
    from django.contrib.auth.models import Group, Permission

    for config in apps.get_app_configs():  # a later app's permissions may not exist yet
        create_permissions(config, verbosity=0)
    known = {
        f"{p.content_type.app_label}.{p.codename}": p
        for p in Permission.objects.select_related("content_type")
    }
    for name, permissions in ROLES.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(known[permission] for permission in permissions)
