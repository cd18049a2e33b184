"""The kinds of change about a member of staff: a module for each, which holds everything about it."""

from backoffice.staff.kinds import password_link, rights, second_factor

KINDS = (rights.KIND, second_factor.KIND, password_link.KIND)
