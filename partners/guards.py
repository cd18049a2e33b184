"""The database guards of the Connector's records: triggers for what constraints cannot check.

- A version of a basket is published by an approved change of exactly this content. Its content, lines and
Reco ID never change after that.

- A kill switch is released by an approved change.

- A consent begins as a question, or by an approved change of exactly this text and file. A given consent
never changes its text, and an ended one stays ended.

- Keys, and fetches of them, belong to an approved change.

- Registry versions, read messages and the contents of the inbox are never altered.
"""

from backoffice.guarding import Guard, Guards

#: The content of an approved change. Each database reads the JSON of its message in its own way.
_SAID = {
    "postgresql": "c.messages -> 0 -> 'values' ->> '{}'",
    "sqlite": "json_extract(c.messages, '$[0].values.{}')",
}
_NOT_A_DRAFT = "(SELECT v.state FROM partners_basketversion v WHERE v.id = {}.version_id) <> 'draft'"
_LINES = "the lines of a published basket never change"

_FIXED: Guards = {
    "basket_line_added": Guard(
        "INSERT", "partners_basketline", _NOT_A_DRAFT.format("NEW"), _LINES, looks_elsewhere=True
    ),
    "basket_line_changed": Guard(
        "UPDATE", "partners_basketline", _NOT_A_DRAFT.format("OLD"), _LINES, looks_elsewhere=True
    ),
    "basket_line_removed": Guard(
        "DELETE", "partners_basketline", _NOT_A_DRAFT.format("OLD"), _LINES, looks_elsewhere=True
    ),
    "basket_version_kept": Guard(
        "UPDATE",
        "partners_basketversion",
        """OLD.state <> 'draft' AND (NEW.id <> OLD.id OR NEW.basket_id <> OLD.basket_id OR NEW.number <> OLD.number
            OR NEW.content_hash <> OLD.content_hash OR NEW.reco_id IS DISTINCT FROM OLD.reco_id
            OR NEW.risk_text <> OLD.risk_text OR NEW.goes_on <> OLD.goes_on
            OR NEW.change_id IS DISTINCT FROM OLD.change_id
            OR NEW.state = 'draft' OR (NEW.state = 'published' AND OLD.state <> 'published'))""",
        "a version that was published stays as it is",
    ),
    "basket_version_not_deleted": Guard(
        "DELETE", "partners_basketversion", "OLD.state <> 'draft'", "a version that was published is kept"
    ),
    "consent_kept": Guard(
        "UPDATE",
        "partners_consent",
        """NEW.id <> OLD.id OR NEW.client_id <> OLD.client_id OR NEW.partner_id <> OLD.partner_id
            OR NEW.product_code <> OLD.product_code OR NEW.how_given <> OLD.how_given
            OR NEW.cap_run <> OLD.cap_run OR NEW.cap_day <> OLD.cap_day OR NEW.valid_until <> OLD.valid_until
            OR NEW.change_id IS DISTINCT FROM OLD.change_id OR NEW.form_id IS DISTINCT FROM OLD.form_id
            OR (OLD.state <> 'waiting' AND (NEW.text <> OLD.text OR NEW.text_hash <> OLD.text_hash
                OR NEW.given_at IS DISTINCT FROM OLD.given_at OR NEW.state = 'waiting'))
            OR (OLD.state NOT IN ('waiting', 'active') AND NEW.state <> OLD.state)""",
        "a consent stays as it was given",
    ),
    "consent_not_deleted": Guard("DELETE", "partners_consent", "TRUE", "consents are kept"),
    "consent_form_kept": Guard("UPDATE", "partners_consentform", "TRUE", "signed forms are kept"),
    "consent_form_not_deleted": Guard("DELETE", "partners_consentform", "TRUE", "signed forms are kept"),
    "partner_version_kept": Guard(
        "UPDATE", "partners_partnerversion", "TRUE", "versions of the registry are kept"
    ),
    "partner_version_not_deleted": Guard(
        "DELETE", "partners_partnerversion", "TRUE", "versions of the registry are kept"
    ),
    "order_message_kept": Guard("UPDATE", "partners_ordermessage", "TRUE", "order messages are kept"),
    "order_message_not_deleted": Guard("DELETE", "partners_ordermessage", "TRUE", "order messages are kept"),
    "inbox_message_kept": Guard(
        "UPDATE",
        "partners_inboxmessage",
        "NEW.body <> OLD.body OR NEW.body_hash <> OLD.body_hash OR NEW.partner_id <> OLD.partner_id",
        "what came into the inbox stays as it came",
    ),
    "inbox_message_not_deleted": Guard(
        "DELETE", "partners_inboxmessage", "TRUE", "what came into the inbox is kept"
    ),
}


def guards(vendor: str) -> Guards:
    """The guards, as this kind of database writes them."""
    said = _SAID[vendor]
    approved = "EXISTS (SELECT 1 FROM changes_change c WHERE c.state = 'approved' AND c.id = {} AND {})"
    basket = (
        f"c.kind = 'connector_basket' AND {said.format('content')} = NEW.content_hash "
        f"AND {said.format('version')} = CAST(NEW.id AS text)"
    )
    release = f"c.kind = 'connector_release' AND {said.format('switch')} = CAST(NEW.id AS text)"
    consent = (
        f"c.kind = 'connector_consent' AND {said.format('content')} = NEW.text_hash "
        f"AND {said.format('form')} = CAST(NEW.form_id AS text)"
    )
    keys = "c.kind = 'connector_keys'"
    return {
        **_FIXED,
        "consent_begun": Guard(
            "INSERT",
            "partners_consent",
            f"NOT {approved.format('NEW.change_id', consent)}",
            "a consent begins as a question, or by an approved change of its text and file",
            looks_elsewhere=True,
            first="NEW.state <> 'waiting' OR NEW.how_given <> 'own_click'",
        ),
        "key_fetch_by_two": Guard(
            "INSERT",
            "partners_keyfetch",
            f"NOT {approved.format('NEW.change_id', keys)}",
            "keys are fetched by an approved change",
            looks_elsewhere=True,
        ),
        "api_key_by_two": Guard(
            "INSERT",
            "partners_apikey",
            f"NOT {approved.format('NEW.change_id', keys)}",
            "keys belong to an approved change",
            looks_elsewhere=True,
        ),
        "basket_published_by_two": Guard(
            "UPDATE",
            "partners_basketversion",
            f"NOT {approved.format('NEW.change_id', basket)}",
            "a basket is published by an approved change of its content",
            looks_elsewhere=True,
            first="NEW.state = 'published' AND OLD.state <> 'published'",
        ),
        "basket_born_as_a_draft": Guard(
            "INSERT", "partners_basketversion", "NEW.state <> 'draft'", "a basket begins as a draft"
        ),
        "switch_released_by_two": Guard(
            "UPDATE",
            "partners_killswitch",
            f"NOT {approved.format('NEW.released_by_id', release)}",
            "a kill switch is released by an approved change",
            looks_elsewhere=True,
            first="NEW.released_at IS NOT NULL AND OLD.released_at IS NULL",
        ),
    }
