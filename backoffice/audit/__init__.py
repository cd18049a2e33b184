"""The record of who did what to what, when, from where and why. Serves every room and imports none of them."""
