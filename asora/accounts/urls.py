"""Signing in and out, one's own security settings, the people of a host, and invitations."""

from django.urls import path

from asora.accounts.people.views import invitations, staff
from asora.accounts.roles import views as role_views
from asora.accounts.second_factor.views import confirming, second_step, security
from asora.accounts.sign_in.views import attempts, devices, passwords, sign_in

app_name = "accounts"
urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-in/code/", second_step.give_code, name="sign-in-code"),
    path("sign-in/app/", second_step.connect_app, name="sign-in-app"),
    path("sign-in/forgot/", passwords.forgot, name="forgot"),
    path("sign-in/reset/<str:token>/", passwords.reset, name="reset"),
    path("settings/security/", security.security, name="security"),
    path("settings/security/confirm/", confirming.confirm, name="confirm"),
    path("settings/security/password/", passwords.password, name="password"),
    path("settings/security/app/", security.app, name="app"),
    path("settings/security/app/remove/", security.remove_app, name="app-remove"),
    path("settings/security/recovery-codes/", security.recovery_codes, name="recovery-codes"),
    path("settings/security/devices/end/", devices.device_end, name="device-end"),
    path("settings/security/devices/end-all/", devices.device_end_all, name="device-end-all"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    # A route with a secret in its URL must also be listed in asora.logs.
    path("invitation/<str:token>/", invitations.invitation_accept, name="invitation"),
    path("settings/sign-ins/", attempts.attempts, name="attempts"),
    path("settings/roles/", role_views.roles, name="roles"),
    path("settings/staff/", staff.staff, name="staff"),
    path("settings/staff/invite/", invitations.invitation_create, name="invite"),
    path("settings/staff/invitations/<str:ref>/", invitations.invitation_detail, name="invitation-detail"),
    path(
        "settings/staff/invitations/<str:ref>/resend/",
        invitations.invitation_resend,
        name="invitation-resend",
    ),
    path(
        "settings/staff/invitations/<str:ref>/withdraw/",
        invitations.invitation_withdraw,
        name="invitation-withdraw",
    ),
    path("settings/staff/<str:ref>/", staff.person, name="person"),
    path("settings/staff/<str:ref>/role/", staff.person_role, name="person-role"),
    path("settings/staff/<str:ref>/hubs/", staff.person_hubs, name="person-hubs"),
    path("settings/staff/<str:ref>/second-factor/", staff.person_second_factor, name="person-second-factor"),
    path("settings/staff/<str:ref>/deactivate/", staff.person_deactivate, name="person-deactivate"),
    path("settings/staff/<str:ref>/erase/", staff.person_erase, name="person-erase"),
    path("settings/staff/<str:ref>/reactivate/", staff.person_reactivate, name="person-reactivate"),
]
