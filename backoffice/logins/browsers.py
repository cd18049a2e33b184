"""Names of browsers for people."""

#: Part of the name that a browser sends, and its name for people. The first match counts: others contain
#: later names.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    *(("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad")),
    *(("Mac OS X", "macOS"), ("Linux", "Linux")),
)


def in_words(sent: str) -> str:
    """Return “Chrome on Windows” for a browser's own name; an unknown one unchanged."""
    browser = next((name for mark, name in BROWSERS if mark in sent), "")
    system = next((name for mark, name in SYSTEMS if mark in sent), "")
    return f"{browser} on {system}" if browser and system else browser or sent
