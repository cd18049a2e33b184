from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "partners"
    verbose_name = "ODIN Connector"

    def ready(self) -> None:
        from backoffice import guarding
        from backoffice.changes import kinds
        from backoffice.connector import checks  # noqa: F401  # importing it registers the checks
        from backoffice.kit import components
        from partners import checks as own_checks  # noqa: F401  # importing it registers the checks
        from partners import guards, statuses
        from partners.kinds import KINDS

        kinds.register(*KINDS)
        for kind, table in statuses.TABLES.items():
            components.add_statuses(kind, table)
        guarding.register(self, guards.guards)
