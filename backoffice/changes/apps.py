from django.apps import AppConfig


class ChangesConfig(AppConfig):
    name = "backoffice.changes"
    label = "changes"
    verbose_name = "Changes"
