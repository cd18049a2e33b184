from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "runs"
    verbose_name = "Runs"

    def ready(self) -> None:
        from backoffice import guarding
        from backoffice.audit import evidence
        from backoffice.changes import kinds
        from backoffice.kit import components
        from partners import belonging
        from partners.views import add_tab
        from runs import statuses
        from runs.evidence import PART
        from runs.guards import guards
        from runs.kinds import KIND
        from runs.orders import may_be_in_doubt, open_service, placed_lines
        from trading.desk import services

        kinds.register(KIND)
        guarding.register(self, guards)
        evidence.register(PART)
        belonging.register(placed_lines, may_be_in_doubt)
        services.register(open_service)
        add_tab("Runs", "runs:list")
        for kind, table in statuses.TABLES.items():
            components.add_statuses(kind, table)
