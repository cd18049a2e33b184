from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class PartnersConfig(AppConfig):
    name = "partners"
    verbose_name = "ODIN Connector"

    def ready(self) -> None:
        from backoffice.changes import kinds
        from backoffice.connector import checks  # noqa: F401  # importing it registers the checks
        from backoffice.kit import components
        from partners import checks as own_checks  # noqa: F401  # importing it registers the checks
        from partners import guards, statuses
        from partners.kinds import KINDS

        kinds.register(*KINDS)
        for kind, table in statuses.TABLES.items():
            components.add_statuses(kind, table)
        pre_migrate.connect(guards.take_down, sender=self, dispatch_uid="partners.take_down")
        post_migrate.connect(guards.put_up, sender=self, dispatch_uid="partners.put_up")
