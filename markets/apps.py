from django.apps import AppConfig


class MarketsConfig(AppConfig):
    name = "markets"
    verbose_name = "Markets"

    def ready(self) -> None:
        from backoffice.delivery import hours
        from backoffice.kit import components, forms, search
        from backoffice.protocol.shapes import ISIN
        from markets import trading_days
        from markets.search import matches
        from markets.statuses import SCRIP_IMPORT

        forms.look_up(ISIN, forms.LookUp("markets:securities", "Type a symbol or an ISIN.", "Securities"))
        components.add_statuses("scrip_import", SCRIP_IMPORT)
        search.register("markets", matches)
        hours.register(trading_days.coming_holidays)
