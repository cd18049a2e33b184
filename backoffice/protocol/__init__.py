"""What ODIN's messages are: fields, messages, rules, text on the wire.

Pure Python, no I/O, no Django, no settings.
"""
