"""ODIN's messages: fields, messages, rules, text on the wire.

Pure Python, no I/O, no Django, no settings.
"""
