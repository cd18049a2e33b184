from django.apps import AppConfig


class KitConfig(AppConfig):
    name = "backoffice.kit"
    label = "kit"
    verbose_name = "What pages share"

    def ready(self) -> None:
        """Register the lookup `among`."""
        from backoffice.kit import lookups  # noqa: F401
