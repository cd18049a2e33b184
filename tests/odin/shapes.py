"""Shapes of the stand-in's WSDL."""

#: Those from whose `?wsdl` a client can call the service.
USABLE = ("wcf", "single", "prefixed", "named_types", "wcf_split")
