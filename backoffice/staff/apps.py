from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "backoffice.staff"
    verbose_name = "Staff"

    def ready(self) -> None:
        from backoffice.changes import kinds
        from backoffice.staff.kinds import KINDS

        kinds.register(*KINDS)
