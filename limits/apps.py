from django.apps import AppConfig


class LimitsConfig(AppConfig):
    name = "limits"
    verbose_name = "Limits"

    def ready(self) -> None:
        from limits import records  # noqa: F401  # registers what confirmed messages do
