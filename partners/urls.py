from django.urls import path

from backoffice.changes.form_pages import form_paths
from partners import (
    views_baskets,
    views_consents,
    views_invitations,
    views_monitor,
    views_registry,
    views_sessions,
    views_switches,
)
from partners.rights import PROPOSE_PARTNER
from partners.views import page

app_name = "partners"

#: Who may propose an entry of the registry, while CONNECTOR is on.
may_propose = page(PROPOSE_PARTNER)

urlpatterns = [
    path("", views_monitor.RecoList.as_view(), name="monitor"),
    path("monitor/<int:pk>/", views_monitor.reco, name="reco"),
    path("monitor/<int:pk>/csv/", views_monitor.reco_csv, name="reco_csv"),
    path("baskets/", views_baskets.BasketList.as_view(), name="baskets"),
    path("baskets/new/", views_baskets.new, name="basket_new"),
    path("baskets/template.csv", views_baskets.template, name="template"),
    path("baskets/scrips/", views_baskets.scrips, name="scrips"),
    path("baskets/<int:pk>/", views_baskets.basket, name="basket"),
    path("baskets/<int:pk>/versions/new/", views_baskets.version_new, name="version_new"),
    path("versions/<int:pk>/", views_baskets.version, name="version"),
    path("versions/<int:pk>/edit/", views_baskets.version_edit, name="version_edit"),
    path("versions/<int:pk>/submit/", views_baskets.submit, name="version_submit"),
    path("versions/<int:pk>/withdraw/", views_baskets.withdraw, name="version_withdraw"),
    path("versions/<int:pk>/invite/", views_invitations.invite, name="invite"),
    path("invitations/", views_invitations.InvitationList.as_view(), name="invitations"),
    path("invitations/<int:pk>/", views_invitations.invitation, name="invitation"),
    path("invitations/<int:pk>/link/", views_invitations.new_link, name="invitation_link"),
    path("invitations/<int:pk>/revoke/", views_invitations.revoke, name="invitation_revoke"),
    path("invitations/<int:pk>/close/", views_invitations.close, name="invitation_close"),
    path("findings/", views_sessions.FindingList.as_view(), name="findings"),
    path("findings/<int:pk>/", views_sessions.finding, name="finding"),
    path("findings/<int:pk>/settle/", views_sessions.settle, name="finding_settle"),
    path("sessions/", views_sessions.SessionList.as_view(), name="sessions"),
    path("sessions/<int:pk>/", views_sessions.session, name="session"),
    path("sessions/<int:pk>/revoke/", views_sessions.revoke, name="session_revoke"),
    path("clients/", views_sessions.MappingList.as_view(), name="mappings"),
    path("clients/<int:pk>/", views_sessions.mapping, name="mapping"),
    path("clients/<int:pk>/propose/", views_sessions.mapping_propose, name="mapping_propose"),
    path("consents/", views_consents.ConsentList.as_view(), name="consents"),
    path("consents/ask/", views_consents.ask, name="consent_ask"),
    path("consents/enter/", views_consents.enter, name="consent_enter"),
    path("consents/<int:pk>/", views_consents.consent, name="consent"),
    path("consents/<int:pk>/link/", views_consents.new_link, name="consent_link"),
    path("consents/<int:pk>/revoke/", views_consents.revoke, name="consent_revoke"),
    path("consents/files/<int:pk>/", views_consents.file, name="consent_file"),
    path("registry/", views_registry.PartnerList.as_view(), name="registry"),
    *form_paths("registry/new/", "partner_new", views_registry.new_form, guard=may_propose),
    path("partner/<slug:code>/", views_registry.partner, name="partner"),
    path("partner/<slug:code>/webhook/", views_registry.webhook_address, name="partner_webhook"),
    path("partner/<slug:code>/brokers/", views_registry.broker_list, name="partner_brokers"),
    path("partner/<slug:code>/keys/", views_registry.fetch_keys, name="partner_keys"),
    path("partner/<slug:code>/sync/", views_monitor.sync, name="partner_sync"),
    *form_paths(
        "partner/<slug:code>/change/", "partner_change", views_registry.change_form, guard=may_propose
    ),
    path("switches/", views_switches.overview, name="switches"),
    path("switches/throw/", views_switches.throw, name="switch_throw"),
    path("switches/<int:pk>/release/", views_switches.release, name="switch_release"),
    path("calls/", views_switches.calls, name="calls"),
]
