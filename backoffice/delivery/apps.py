from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "backoffice.delivery"
    label = "delivery"
    verbose_name = "Deliveries"

    def ready(self) -> None:
        from backoffice.audit import evidence
        from backoffice.delivery.evidence import PART

        evidence.register(PART)
