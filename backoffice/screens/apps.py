from django.apps import AppConfig


class ScreensConfig(AppConfig):
    name = "backoffice.screens"
    label = "screens"
    verbose_name = "Screens"

    def ready(self) -> None:
        from backoffice.screens import search

        search.register("changes", search.changes)
        search.register("deliveries", search.deliveries)
