from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "backoffice.delivery"
    label = "delivery"
    verbose_name = "Deliveries"

    def ready(self) -> None:
        from backoffice.audit import evidence
        from backoffice.delivery import search
        from backoffice.delivery.evidence import PART
        from backoffice.delivery.waiting import go_at_once
        from backoffice.kit import search as searching
        from backoffice.odin import logon

        evidence.register(PART)
        searching.register("deliveries", search.find)
        logon.when_back(go_at_once)
