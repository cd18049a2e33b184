"""Limits of retail users: limit updates, square-off settings and approved quantities."""
