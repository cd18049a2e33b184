"""Reconciliation: compare an export of ODIN's own administration with the portal's records of retail users."""
