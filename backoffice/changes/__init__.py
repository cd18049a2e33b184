"""Maker and checker: a change is proposed by one person and approved or rejected by another."""
