from django.apps import AppConfig


class OdinConfig(AppConfig):
    name = "backoffice.odin"
    label = "odin"
    verbose_name = "ODIN"

    def ready(self) -> None:
        from backoffice.kit import components
        from backoffice.odin import statuses

        components.add_statuses("question", statuses.QUESTION)
