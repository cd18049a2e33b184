from django.apps import AppConfig


class TradingConfig(AppConfig):
    name = "trading"
    verbose_name = "Trading"

    def ready(self) -> None:
        from django.conf import settings

        from accounts import tabs
        from backoffice import guarding
        from backoffice.audit import evidence
        from backoffice.changes import kinds
        from backoffice.kit import components
        from trading.evidence import DESK_PART, PART
        from trading.kinds import KINDS
        from trading.models.guards import guards
        from trading.statuses import TABLES

        guarding.register(self, guards)
        kinds.register(*KINDS)
        evidence.register(PART)
        evidence.register(DESK_PART)
        tabs.add(tabs.Page("trading:access", "Access", "trading.view_accesscheck"))
        if settings.ORDER_DESK:
            tabs.add(tabs.Page("trading:client", "Order desk", "trading.view_deskorder"))
        for kind, table in TABLES.items():
            components.add_statuses(kind, table)
