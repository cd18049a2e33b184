from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Retail users"

    def ready(self) -> None:
        from accounts import kinds, offers, records, statuses  # noqa: F401  # records registers what confirmed messages do
        from accounts.search import find
        from backoffice.screens import components, search

        kinds.register()
        for slug in (kinds.UPDATE_RETAIL_USER, *kinds.FOR_A_USER):
            offers.offer(slug)
        components.add_statuses("retail_user", statuses.RETAIL_USER)
        components.add_statuses("flag", statuses.FLAG)
        search.register("accounts", find)
