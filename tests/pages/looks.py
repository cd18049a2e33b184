"""How a page is looked at: nobody is kept from it, in either theme, and it is no wider than its window."""

from axe_playwright_python.sync_playwright import Axe

WIDE, PHONE = 1440, 360
#: What is folded away is opened too: reasons and confirmations. A menu floats above the page.
UNFOLD = "document.querySelectorAll('main details:not(.menu)').forEach(one => { one.open = true })"
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def violations(page):
    """The serious violations of a page as it is: all of them in light, in dark those of its colours."""
    found = _serious(page, Axe(), {})
    page.emulate_media(color_scheme="dark")
    found += _serious(
        page, Axe(axe_script="null"), {"runOnly": ["color-contrast"]}
    )  # its script is there already
    page.emulate_media(color_scheme="light")
    return found


def _serious(page, axe, options):
    found = axe.run(page, options={"resultTypes": ["violations"], **options}).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
