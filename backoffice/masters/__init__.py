"""Master lists: the names of banks, depository participants, templates, dealers and so on that forms offer."""
