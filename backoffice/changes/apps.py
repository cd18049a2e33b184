from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class ChangesConfig(AppConfig):
    name = "backoffice.changes"
    label = "changes"
    verbose_name = "Changes"

    def ready(self) -> None:
        from backoffice.audit import evidence
        from backoffice.changes import following, guards, kinds, search
        from backoffice.changes.approval_rule import KIND
        from backoffice.changes.evidence import PART
        from backoffice.changes.visibility import proposed_to
        from backoffice.delivery import moving
        from backoffice.kit import privacy
        from backoffice.kit import search as searching

        kinds.register(KIND)
        moving.register(following.follow)
        evidence.register(PART)
        searching.register("changes", search.find)
        privacy.register_lanes("changes", proposed_to)
        pre_migrate.connect(guards.take_down, sender=self, dispatch_uid="changes.take_down")
        post_migrate.connect(guards.put_up, sender=self, dispatch_uid="changes.put_up")
