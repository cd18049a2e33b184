"""Scrip masters: the securities and contracts of each exchange, imported as the vendor publishes them."""
