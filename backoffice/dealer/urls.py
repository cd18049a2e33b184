from backoffice.changes.form_pages import form_paths
from backoffice.dealer.kinds import FORM

app_name = "dealer"

urlpatterns = form_paths("password/", "password", lambda: FORM)
