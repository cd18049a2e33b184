"""The scrip master: which securities and contracts each exchange has, imported as the vendor publishes them."""
