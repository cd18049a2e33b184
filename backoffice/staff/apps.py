from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "backoffice.staff"
    verbose_name = "Staff"

    def ready(self) -> None:
        from backoffice.changes import kinds
        from backoffice.kit import components
        from backoffice.staff.kinds import KINDS

        kinds.register(*KINDS)
        components.add_statuses(
            "login",
            {
                "on": components.Status("May log in", "good", "check-circle"),
                "off": components.Status("May not log in", "idle", "forbidden"),
            },
        )
