from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "backoffice.desk"
    label = "desk"
    verbose_name = "The desk"

    def ready(self) -> None:
        from backoffice.desk.saved_views import remembered
        from backoffice.kit import choices

        choices.kept_by(remembered)
