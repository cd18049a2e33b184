"""Retail users of the broker and everything ODIN holds about them.

In Django the word accounts usually means logins. Here it means trading accounts: a retail user is a client as
ODIN knows it. The people who log in to this portal live in `backoffice.logins`.
"""
