"""Pages over the audit trail: its list, figures, verification, legal holds, exports and evidence packs."""
