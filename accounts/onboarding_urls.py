from django.urls import path

from accounts import onboarding_pages
from accounts.kinds.onboarding_profile import KIND
from backoffice.access import for_staff
from backoffice.changes.form_pages import form_paths

app_name = "onboarding"

may_propose = for_staff(KIND.propose)

urlpatterns = [
    path("", onboarding_pages.profiles, name="list"),
    *form_paths("new/", "new", onboarding_pages.new_form, guard=may_propose),
    *form_paths("change/<str:name>/", "change", onboarding_pages.change_form, guard=may_propose),
    path("<str:name>/<int:version>/", onboarding_pages.detail, name="detail"),
]
