from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "backoffice.audit"
    label = "audit"
    verbose_name = "Audit"

    def ready(self) -> None:
        from backoffice.audit.export import KIND
        from backoffice.exports import kinds

        kinds.register(KIND)
