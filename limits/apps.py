from django.apps import AppConfig


class LimitsConfig(AppConfig):
    name = "limits"
    verbose_name = "Limits"

    def ready(self) -> None:
        from limits import kinds, records  # noqa: F401  # records registers what confirmed messages do

        kinds.register()
