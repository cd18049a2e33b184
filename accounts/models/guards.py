"""The database guards on the tables of this room."""

from backoffice.guarding import Guard, Guards, append_only

PROFILES = "accounts_onboardingprofile"
#: The content of an approved change of a profile. Each database reads the JSON of its message in its own way.
_SAID = {
    "postgresql": """(c.messages -> 0 -> 'values') = NEW."values" """,
    "sqlite": """json_extract(c.messages, '$[0].values') = json(NEW."values")""",
}


def guards(vendor: str) -> Guards:
    """A version of an onboarding profile is written once, by the approved change with exactly this content."""
    approved = f"""EXISTS (SELECT 1 FROM changes_change c WHERE c.kind = 'onboarding_profile'
        AND c.state = 'approved' AND c.subject = 'profile:' || NEW.name AND c.record_version = NEW.version - 1
        AND {_SAID[vendor]})"""  # noqa: S608  # no outside text
    return {
        **append_only(PROFILES, vendor),
        "onboarding_profile_set_by_a_change": Guard(
            "INSERT",
            PROFILES,
            f"NOT {approved}",
            "an onboarding profile is set by an approved change",
            looks_elsewhere=True,
        ),
    }
