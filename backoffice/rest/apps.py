from django.apps import AppConfig


class RestConfig(AppConfig):
    name = "backoffice.rest"
    label = "rest"
    verbose_name = "ODIN REST API"

    def ready(self) -> None:
        from backoffice.rest import checks  # noqa: F401  # importing it registers the checks
