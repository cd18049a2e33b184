"""Batches: the changes of one uploaded file."""
