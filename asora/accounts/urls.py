"""Sign in, in one step or two, and sign out."""

from django.urls import path

from asora.accounts.views import second_step, sign_in

app_name = "accounts"
urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-in/code/", second_step.give_code, name="sign-in-code"),
    path("sign-in/app/", second_step.connect_app, name="sign-in-app"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
]
