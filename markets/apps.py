from django.apps import AppConfig


class MarketsConfig(AppConfig):
    name = "markets"
    verbose_name = "Markets"

    def ready(self) -> None:
        from backoffice.kit import components, search
        from markets.search import matches
        from markets.statuses import SCRIP_IMPORT

        components.add_statuses("scrip_import", SCRIP_IMPORT)
        search.register("markets", matches)
