from functools import partial

from django.urls import path

from backoffice.changes import entry
from backoffice.dealer.kinds import FORM

app_name = "dealer"

urlpatterns = [
    path("password/", partial(entry.new, form=FORM), name="password"),
    path("password/<uuid:token>/keep/", partial(entry.keep, form=FORM), name="keep"),
    path("password/<uuid:token>/check/", partial(entry.check, form=FORM), name="check"),
]
