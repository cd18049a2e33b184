from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "backoffice.staff"
    verbose_name = "Staff"

    def ready(self) -> None:
        from backoffice.staff import rights

        rights.register()
