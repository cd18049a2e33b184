from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Retail users"

    def ready(self) -> None:
        from accounts import (  # records registers what confirmed messages do
            addresses,
            batches,
            conversion,
            kinds,
            offers,
            records,  # noqa: F401
            statuses,
            update_form,
        )
        from accounts.search import find, known_to
        from backoffice.kit import components, privacy, search

        kinds.register()
        batches.register()
        offers.offer(kinds.UPDATE_RETAIL_USER, update_form.OFFER)
        offers.offer(kinds.CONVERT_RETAIL_USER, conversion.OFFER)
        for slug in kinds.FOR_A_USER:
            offers.offer(slug, addresses.OFFER if slug == kinds.ALTERNATE_ADDRESSES else None)
        components.add_statuses("retail_user", statuses.RETAIL_USER)
        components.add_statuses("flag", statuses.FLAG)
        search.register("accounts", find)
        privacy.register_lanes("accounts", known_to)
