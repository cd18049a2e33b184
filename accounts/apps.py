from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Retail users"

    def ready(self) -> None:
        from accounts import history_export, onboarding, statuses
        from accounts.kinds import KINDS
        from accounts.models.guards import guards
        from accounts.offers import commands
        from accounts.retail_users import names_of
        from accounts.search import find, known_to, recalled
        from backoffice import guarding
        from backoffice.changes import kinds
        from backoffice.exports import kinds as exports
        from backoffice.kit import components, names, privacy, search, subjects

        guarding.register(self, guards)
        kinds.register(*KINDS)
        exports.register(history_export.KIND)
        names.register(onboarding.NAMES, onboarding.offered)
        subjects.register(names_of)
        components.add_statuses("retail_user", statuses.RETAIL_USER)
        components.add_statuses("flag", statuses.FLAG)
        search.register("accounts", find)
        search.register_subjects(commands, recalled)
        privacy.register_lanes("accounts", known_to)
