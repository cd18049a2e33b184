"""Banks, demat accounts and mutual-fund UCC of a retail user."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.columns import code, codes_known, date, not_empty, text
from accounts.models.users import RetailUser
from backoffice.protocol.codes import DefaultBank, YesNo
from backoffice.protocol.messages import users


class BankAccount(models.Model):
    """A bank account of a retail user (section 4.5.1). At most one is the default (U5)."""

    retail_user = models.ForeignKey(
        RetailUser, on_delete=models.PROTECT, related_name="banks", db_index=False
    )
    bank_id = text(users.BankAccount, "bank_id")
    branch_name = text(users.BankAccount, "branch_name")
    branch_city = text(users.BankAccount, "branch_city")
    account_no = text(users.BankAccount, "account_no")
    customer_id = text(users.BankAccount, "customer_id")
    account_type = code(users.BankAccount, "account_type")
    is_default = code(users.BankAccount, "is_default")
    pg_product = text(users.BankAccount, "pg_product")

    class Meta:
        ordering = ("id",)
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["retail_user", "bank_id", "account_no"], name="bank_account_once"
            ),
            models.UniqueConstraint(
                fields=["retail_user"],
                condition=Q(is_default=DefaultBank.YES.value),
                name="bank_account_one_default",
            ),
            not_empty("bank_id", "account_no", "account_type", prefix="bank_account"),
            *codes_known(users.BankAccount, "bank_account"),
        ]
        indexes: ClassVar = [models.Index(fields=["account_no"], name="bank_account_by_number")]

    def __str__(self) -> str:
        return f"{self.bank_id} {self.account_no}"


class DematAccount(models.Model):
    """A demat account of a retail user (section 4.5.2). At most one is the default (U5)."""

    retail_user = models.ForeignKey(
        RetailUser, on_delete=models.PROTECT, related_name="demats", db_index=False
    )
    dp_id = text(users.DematAccount, "dp_id")
    beneficiary_id = text(users.DematAccount, "beneficiary_id")
    holding_type = code(users.DematAccount, "holding_type")
    is_default = code(users.DematAccount, "is_default")
    guardian_first_name = text(users.DematAccount, "guardian_first_name")
    guardian_last_name = text(users.DematAccount, "guardian_last_name")
    guardian_birth_date = date(users.DematAccount, "guardian_birth_date")
    guardian_pan = text(users.DematAccount, "guardian_pan")
    second_first_name = text(users.DematAccount, "second_first_name")
    second_last_name = text(users.DematAccount, "second_last_name")
    second_birth_date = date(users.DematAccount, "second_birth_date")
    second_pan = text(users.DematAccount, "second_pan")
    third_first_name = text(users.DematAccount, "third_first_name")
    third_last_name = text(users.DematAccount, "third_last_name")
    third_birth_date = date(users.DematAccount, "third_birth_date")
    third_pan = text(users.DematAccount, "third_pan")
    remarks = text(users.DematAccount, "remarks")

    class Meta:
        ordering = ("id",)
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["retail_user", "dp_id", "beneficiary_id"], name="demat_account_once"
            ),
            models.UniqueConstraint(
                fields=["retail_user"],
                condition=Q(is_default=YesNo.YES.value),
                name="demat_account_one_default",
            ),
            not_empty("dp_id", "beneficiary_id", "holding_type", prefix="demat_account"),
            *codes_known(users.DematAccount, "demat_account"),
        ]
        indexes: ClassVar = [models.Index(fields=["beneficiary_id"], name="demat_account_by_number")]

    def __str__(self) -> str:
        return f"{self.dp_id} {self.beneficiary_id}"


class MfUcc(models.Model):
    """The mutual-fund unique client codes of a retail user (section 4.5.4)."""

    retail_user = models.OneToOneField(RetailUser, on_delete=models.PROTECT, related_name="mf_ucc")
    bse_ucc = text(users.MfUcc, "bse_ucc")
    nse_ucc_1 = text(users.MfUcc, "nse_ucc_1")
    nse_ucc_2 = text(users.MfUcc, "nse_ucc_2")
    nse_ucc_3 = text(users.MfUcc, "nse_ucc_3")
    mode_allowed = code(users.MfUcc, "mode_allowed")
    bse_transaction_mode = code(users.MfUcc, "bse_transaction_mode")
    bse_ucc_mode = text(users.MfUcc, "bse_ucc_mode")
    holding_mode = code(users.MfUcc, "holding_mode")
    second_first_name = text(users.MfUcc, "second_first_name")
    second_last_name = text(users.MfUcc, "second_last_name")
    second_pan = text(users.MfUcc, "second_pan")
    second_form60 = code(users.MfUcc, "second_form60")
    third_first_name = text(users.MfUcc, "third_first_name")
    third_last_name = text(users.MfUcc, "third_last_name")
    third_pan = text(users.MfUcc, "third_pan")
    third_form60 = code(users.MfUcc, "third_form60")
    guardian_first_name = text(users.MfUcc, "guardian_first_name")
    guardian_last_name = text(users.MfUcc, "guardian_last_name")
    guardian_pan = text(users.MfUcc, "guardian_pan")
    guardian_birth_date = date(users.MfUcc, "guardian_birth_date")
    guardian_form60 = code(users.MfUcc, "guardian_form60")
    guardian_address = text(users.MfUcc, "guardian_address")
    nominee_first_name = text(users.MfUcc, "nominee_first_name")
    nominee_last_name = text(users.MfUcc, "nominee_last_name")
    nominee_birth_date = date(users.MfUcc, "nominee_birth_date")
    nominee_relation = text(users.MfUcc, "nominee_relation")
    nominee_address = text(users.MfUcc, "nominee_address")
    karvy_payment_mode = code(users.MfUcc, "karvy_payment_mode")
    karvy_payment_code = text(users.MfUcc, "karvy_payment_code")
    other_rta_payment_mode = code(users.MfUcc, "other_rta_payment_mode")

    class Meta:
        verbose_name = "mutual-fund UCC"
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(bse_ucc="", nse_ucc_1=""), name="mf_ucc_has_a_code"),
            not_empty("mode_allowed", "holding_mode", prefix="mf_ucc"),
            *codes_known(users.MfUcc, "mf_ucc"),
        ]

    def __str__(self) -> str:
        return self.bse_ucc or self.nse_ucc_1
