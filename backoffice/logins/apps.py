from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LoginsConfig(AppConfig):
    name = "backoffice.logins"
    label = "logins"
    verbose_name = "Logins"

    def ready(self) -> None:
        from backoffice.logins import receivers
        from backoffice.logins.roles import make_groups

        receivers.connect()
        # After every migration, since the permissions themselves are made then.
        post_migrate.connect(make_groups, sender=self, dispatch_uid="logins.make_groups")
