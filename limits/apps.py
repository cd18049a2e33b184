from django.apps import AppConfig


class LimitsConfig(AppConfig):
    name = "limits"
    verbose_name = "Limits"

    def ready(self) -> None:
        from accounts import pages
        from backoffice.kit import components, names
        from limits import batches, kinds, readings, records, statuses  # noqa: F401  # records registers what confirmed messages do

        kinds.register()
        batches.register()
        pages.add(pages.Page("limits:readings", "Funds and stocks", "limits.view_limitupdate"))
        names.register("periodicities", readings.periodicities)
        components.add_statuses("reading", statuses.READING)
