from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "partners"
    verbose_name = "ODIN Connector"

    def ready(self) -> None:
        from backoffice import guarding
        from backoffice.audit import evidence
        from backoffice.changes import kinds
        from backoffice.connector import checks  # noqa: F401  # importing it registers the checks
        from backoffice.kit import components, search
        from partners import checks as own_checks  # noqa: F401  # importing it registers the checks
        from partners import guards, statuses
        from partners.evidence import PARTS
        from partners.kinds import KINDS
        from partners.search import find

        kinds.register(*KINDS)
        for kind, table in statuses.TABLES.items():
            components.add_statuses(kind, table)
        guarding.register(self, guards.guards)
        for part in PARTS:
            evidence.register(part)
        search.register("connector", find)
