from django.apps import AppConfig


class DealerConfig(AppConfig):
    name = "backoffice.dealer"
    verbose_name = "Dealer"

    def ready(self) -> None:
        from backoffice.dealer import password

        password.register()
