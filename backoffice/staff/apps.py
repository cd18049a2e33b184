from django.apps import AppConfig
from django.db.models.signals import post_migrate


class StaffConfig(AppConfig):
    name = "backoffice.staff"
    label = "staff"
    verbose_name = "Staff"

    def ready(self) -> None:
        from backoffice.staff import receivers
        from backoffice.staff.roles import make_groups

        receivers.connect()
        # After every migration, since the permissions themselves are made then.
        post_migrate.connect(make_groups, sender=self, dispatch_uid="staff.make_groups")
