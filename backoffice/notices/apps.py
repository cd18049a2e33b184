from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "backoffice.notices"
    label = "notices"
    verbose_name = "Notices"

    def ready(self) -> None:
        from backoffice.changes import notifying
        from backoffice.kit import components
        from backoffice.notices import operations

        notifying.register(operations.notify)
        components.add_statuses(
            "notice",
            {
                **components.STATUSES["change"],
                "submitted": components.Status("Waits for you", "info", "inbox"),
                "decided": components.Status("Settled", "idle", "check"),
                "done": components.STATUSES["change"]["applied"],
            },
        )
        components.add_statuses(
            "mail",
            {
                "waiting": components.Status("Waiting", "info", "clock"),
                "sent": components.Status("Sent", "good", "check-circle"),
                "failed": components.Status("Not sent", "bad", "x-circle"),
                "kept": components.Status("Shown here only", "idle", "eye"),
            },
        )
