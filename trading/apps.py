from django.apps import AppConfig


class TradingConfig(AppConfig):
    name = "trading"
    verbose_name = "Trading"

    def ready(self) -> None:
        from accounts import tabs
        from backoffice import guarding
        from backoffice.audit import evidence
        from backoffice.kit import components
        from trading.evidence import PART
        from trading.models import guards
        from trading.statuses import ACCESS_CHECK, ACCESS_ROW, ACCESS_STEP

        guarding.register(self, guards)
        evidence.register(PART)
        tabs.add(tabs.Page("trading:access", "Access", "trading.view_accesscheck"))
        components.add_statuses("access_check", ACCESS_CHECK)
        components.add_statuses("access_step", ACCESS_STEP)
        components.add_statuses("access_row", ACCESS_ROW)
