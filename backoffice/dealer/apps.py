from django.apps import AppConfig


class DealerConfig(AppConfig):
    name = "backoffice.dealer"
    verbose_name = "Dealer"

    def ready(self) -> None:
        from backoffice.changes import kinds
        from backoffice.dealer.kinds import KIND

        kinds.register(KIND)
