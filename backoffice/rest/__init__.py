"""ODIN's REST API, as a retail user's own login sees it.

`api` says what the calls are and reads what comes back; it knows no network, no Django and no settings. `http` is the
only file that speaks HTTP, `config` the only one that reads settings, and `client` has the functions that pages call.
"""
