"""The past of a demonstration: four weeks of a made-up broker, made by the portal's own operations and the stand-in.

Nothing is written past the portal: people propose and approve, messages go to the stand-in over SOAP, and the audit
trail is sealed as it grows. The one thing that is not real is the clock, and only in the process that makes it.
"""
