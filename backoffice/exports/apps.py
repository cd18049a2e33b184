from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "backoffice.exports"
    label = "exports"
    verbose_name = "Exports"

    def ready(self) -> None:
        from backoffice.kit import components

        components.add_statuses(
            "export",
            {
                "writing": components.Status("Being written", "info", "clock"),
                "ready": components.Status("Ready", "good", "check-circle"),
                "failed": components.Status("Not made", "bad", "x-circle"),
                "expired": components.Status("Deleted", "idle", "trash"),
            },
        )
