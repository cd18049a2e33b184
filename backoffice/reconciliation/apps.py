from django.apps import AppConfig


class ReconciliationConfig(AppConfig):
    name = "backoffice.reconciliation"
    verbose_name = "Reconciliation"

    def ready(self) -> None:
        from backoffice import guarding
        from backoffice.exports import kinds
        from backoffice.kit import components
        from backoffice.reconciliation import guards, statuses
        from backoffice.reconciliation.export import KIND

        kinds.register(KIND)
        components.add_statuses("reconciliation", statuses.RECONCILIATION)
        guarding.register(self, guards.guards)
