"""The kinds of change of this room: one module for each."""

from limits.kinds import cash_deposit, edis_quantity, manual_collateral, pledge_quantity, square_off

#: In the order of the menu on the page of a retail user.
KINDS = (
    cash_deposit.KIND,
    manual_collateral.KIND,
    square_off.KIND,
    edis_quantity.KIND,
    pledge_quantity.KIND,
)
