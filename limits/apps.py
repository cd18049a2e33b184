from django.apps import AppConfig


class LimitsConfig(AppConfig):
    name = "limits"
    verbose_name = "Limits"

    def ready(self) -> None:
        from accounts import tabs
        from backoffice.changes import kinds
        from backoffice.kit import components, names
        from limits import readings, statuses
        from limits.kinds import KINDS

        kinds.register(*KINDS)
        tabs.add(tabs.Page("limits:readings", "Funds and stocks", "limits.view_limitupdate"))
        names.register("periodicities", readings.periodicities)
        components.add_statuses("reading", statuses.READING)
