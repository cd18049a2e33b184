from django.apps import AppConfig


class LimitsConfig(AppConfig):
    name = "limits"
    verbose_name = "Limits"

    def ready(self) -> None:
        from accounts import tabs
        from backoffice.changes import kinds
        from backoffice.delivery import looking
        from backoffice.kit import names
        from backoffice.odin import questions
        from limits import balances, deposits, origins, quantities, reading_shapes, readings
        from limits.kinds import KINDS

        kinds.register(*KINDS)
        looking.register(deposits.TYPES, balances.around)
        looking.register(quantities.TYPES, balances.stocks)
        tabs.fill("limits", origins.of_user)
        tabs.add(tabs.Page("limits:readings", "Funds and stocks", "limits.view_limitupdate"))
        tabs.add_panel(tabs.Panel(balances.on_overview, "limits.view_limitupdate"))
        names.register("periodicities", readings.periodicities)
        questions.when_answered(reading_shapes.Kind.PERIODICITIES, readings.keep_periodicities)
