"""The form of a new retail user: its sections, initial values, and conditions of parts."""

from accounts.segments import PRESETS
from backoffice.kit.conditions import Minor, When, need
from backoffice.kit.sections import Block, Section
from backoffice.protocol.account_rules import BSE_MODES
from backoffice.protocol.ages import FULL_AGE
from backoffice.protocol.fields import Values
from backoffice.protocol.message import clean
from backoffice.protocol.messages.users import CreateRetailUser, MfUcc
from backoffice.protocol.rules import AnyOf

MF_ALLOWED = need(CreateRetailUser.rules, "mf_ucc")
JOINT = need(MfUcc.rules, "second_first_name", "mf_ucc")
PAID_BY_CODE = need(MfUcc.rules, "karvy_payment_code", "mf_ucc")
WITH_BSE = When(AnyOf("mode_allowed", BSE_MODES), "mode allowed includes BSE", "mf_ucc")
MINOR = When(Minor("birth_date"), f"the first holder is under {FULL_AGE}")

SEGMENTS = ("trading_segments", "market_data_segments", "login_segments")

SECTIONS = (
    Section(
        "identity",
        "Identity",
        (
            Block(("group_id", "user_id", "manager_id", "odin_user_type", "category", "status")),
            Block(("name", "gender", "password")),
        ),
        "Who the user is in ODIN. Group and user id together name the user and never change.",
    ),
    Section(
        "contact",
        "Contact",
        (
            Block(("address_1", "address_2", "city", "pin_code")),
            Block(("mobile", "telephone", "email", "fax")),
        ),
    ),
    Section(
        "tax",
        "Tax & KYC",
        (
            Block(("pan", "birth_date", "incorporation", "father_or_husband")),
            Block(("client_type", "tax_status", "occupation", "form60")),
        ),
    ),
    Section(
        "segments",
        "Segments",
        (Block(SEGMENTS),),
        "What the user may trade, see and log in to, segment by segment.",
        template="forms/section_matrix.html",
        presets=PRESETS,
    ),
    Section("logins", "Login types & products", (Block(("login_types", "products")),)),
    Section(
        "banks",
        "Banks",
        (
            Block(
                (
                    "bank_id",
                    "account_no",
                    "account_type",
                    "customer_id",
                    "branch_name",
                    "branch_city",
                    "pg_product",
                )
            ),
        ),
        template="forms/section_cards.html",
        record="banks",
        noun="Bank account",
        empty="No bank account yet. Without one no money can be paid in or out.",
    ),
    Section(
        "demats",
        "Demat accounts",
        (
            Block(("dp_id", "beneficiary_id", "holding_type", "remarks")),
            Block(
                ("second_first_name", "second_last_name", "second_birth_date", "second_pan"),
                "Second holder",
                folded=True,
            ),
            Block(
                ("third_first_name", "third_last_name", "third_birth_date", "third_pan"),
                "Third holder",
                folded=True,
            ),
            Block(
                ("guardian_first_name", "guardian_last_name", "guardian_birth_date", "guardian_pan"),
                "Guardian",
                "Where the first holder is a minor.",
                folded=True,
            ),
        ),
        template="forms/section_cards.html",
        record="demats",
        noun="Demat account",
        empty="No demat account yet. One is needed for delivery, and with a mutual-fund UCC.",
    ),
    Section(
        "mutual-fund",
        "Mutual fund UCC",
        (
            Block(
                ("bse_ucc", "nse_ucc_1", "nse_ucc_2", "nse_ucc_3"),
                "UCCs",
                "A BSE UCC or the first NSE UCC is needed.",
            ),
            Block(("mode_allowed", "holding_mode"), "Dealing"),
            Block(("bse_transaction_mode", "bse_ucc_mode"), when=WITH_BSE),
            Block(
                ("second_first_name", "second_last_name", "second_pan", "second_form60"),
                "Second applicant",
                when=JOINT,
            ),
            Block(
                ("third_first_name", "third_last_name", "third_pan", "third_form60"),
                "Third applicant",
                when=JOINT,
            ),
            Block(
                (
                    "guardian_first_name",
                    "guardian_last_name",
                    "guardian_pan",
                    "guardian_birth_date",
                    "guardian_form60",
                    "guardian_address",
                ),
                "Guardian",
                when=MINOR,
            ),
            Block(
                (
                    "nominee_first_name",
                    "nominee_last_name",
                    "nominee_birth_date",
                    "nominee_relation",
                    "nominee_address",
                ),
                "Nominee",
            ),
            Block(("karvy_payment_mode", "other_rta_payment_mode"), "Payment"),
            Block(("karvy_payment_code",), when=PAID_BY_CODE),
        ),
        template="forms/section_record.html",
        record="mf_ucc",
        when=MF_ALLOWED,
    ),
    Section(
        "limits",
        "Limits & flags",
        (
            Block(("orders_per_second", "max_broadcast_scrips", "max_gtd", "global_flag")),
            Block(("product_type", "surveillance")),
            Block(
                ("poa",),
                "Power of attorney",
                "Granted, it lets the broker act for the user without asking each time; the checker sees it.",
            ),
        ),
        "An empty number stands for ODIN's default; an empty GTD switches GTD off.",
    ),
    Section(
        "group",
        "Group & templates",
        (
            Block(("gst_template", "group_admin_id", "family_id", "parent_id", "branch")),
            Block(("reference",)),
        ),
    ),
)


def starting_values() -> Values:
    """Return the initial values of a new retail user, as declared for each field."""
    return clean(CreateRetailUser, {name: field.initial for name, field in CreateRetailUser.fields.items()})
