from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    name = "backoffice.compliance"
    label = "compliance"
    verbose_name = "Compliance"

    def ready(self) -> None:
        from backoffice.compliance.export import KIND
        from backoffice.exports import kinds

        kinds.register(KIND)
