"""Reconciliation: an export of ODIN's own administration beside what the portal holds of retail users."""
