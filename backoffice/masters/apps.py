from django.apps import AppConfig


class MastersConfig(AppConfig):
    name = "backoffice.masters"
    verbose_name = "Master lists"

    def ready(self) -> None:
        from backoffice.kit import names as lists
        from backoffice.masters import names

        lists.kept_by(names.kept)
