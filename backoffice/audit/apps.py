from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class AuditConfig(AppConfig):
    name = "backoffice.audit"
    label = "audit"
    verbose_name = "Audit"

    def ready(self) -> None:
        from backoffice.audit import guard

        pre_migrate.connect(guard.unguard_sqlite, sender=self, dispatch_uid="audit.unguard")
        post_migrate.connect(guard.guard_again, sender=self, dispatch_uid="audit.guard")
