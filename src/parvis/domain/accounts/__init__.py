"""Who someone is: accounts and handles, sign-up and sign-in, sessions, letters, and the apps that act for people.

It owns what people prove (addresses, passwords, keys) and what they say about themselves. Who knows whom is the
business of `relationships`, pictures are stored by `media`.
"""

from parvis.domain.accounts import rules, scopes
from parvis.domain.accounts.alive import still_valid
from parvis.domain.accounts.apps import (
    OAuthProblem,
    app_by_client_id,
    app_by_id,
    authenticate_app,
    check_authorization,
    grant_code,
    redirect_target,
    register_app,
)
from parvis.domain.accounts.confirm import confirm_email, resend_confirmation
from parvis.domain.accounts.create import check_sign_up, create, sign_up
from parvis.domain.accounts.find import by_handle, by_id, by_ids, change_counters, login_of, totals
from parvis.domain.accounts.keys import digest
from parvis.domain.accounts.letters import CONFIRMATION_JOB, RESET_JOB, send_confirmation, send_reset
from parvis.domain.accounts.one_time import Purpose, is_usable
from parvis.domain.accounts.owner import become_owner, contact, create_owner, has_owner, owner_token, set_role
from parvis.domain.accounts.password import ask_reset, change_password, reset_password, set_password
from parvis.domain.accounts.profile import check_profile, html_of, update_profile
from parvis.domain.accounts.sessions import (
    end_all,
    end_session,
    open_session,
    renew_session,
    sessions_of,
    sign_in,
    sign_out,
    viewer_of_session,
)
from parvis.domain.accounts.tidy import delete_expired
from parvis.domain.accounts.tokens import (
    authorized_apps,
    client_token,
    create_token,
    end_token,
    exchange_code,
    grant_of_token,
    revoke_token,
    viewer_of_token,
)
from parvis.domain.accounts.types import (
    Account,
    App,
    Authorization,
    AuthorizedApp,
    Field,
    Grant,
    Login,
    NewAccount,
    ProfileChange,
    Role,
    Session,
    SessionTicket,
    State,
    Totals,
    Viewer,
)

__all__ = [
    "CONFIRMATION_JOB",
    "RESET_JOB",
    "Account",
    "App",
    "Authorization",
    "AuthorizedApp",
    "Field",
    "Grant",
    "Login",
    "NewAccount",
    "OAuthProblem",
    "ProfileChange",
    "Purpose",
    "Role",
    "Session",
    "SessionTicket",
    "State",
    "Totals",
    "Viewer",
    "app_by_client_id",
    "app_by_id",
    "ask_reset",
    "authenticate_app",
    "authorized_apps",
    "become_owner",
    "by_handle",
    "by_id",
    "by_ids",
    "change_counters",
    "change_password",
    "check_authorization",
    "check_profile",
    "check_sign_up",
    "client_token",
    "confirm_email",
    "contact",
    "create",
    "create_owner",
    "create_token",
    "delete_expired",
    "digest",
    "end_all",
    "end_session",
    "end_token",
    "exchange_code",
    "grant_code",
    "grant_of_token",
    "has_owner",
    "html_of",
    "is_usable",
    "login_of",
    "open_session",
    "owner_token",
    "redirect_target",
    "register_app",
    "renew_session",
    "resend_confirmation",
    "reset_password",
    "revoke_token",
    "rules",
    "scopes",
    "send_confirmation",
    "send_reset",
    "sessions_of",
    "set_password",
    "set_role",
    "sign_in",
    "sign_out",
    "sign_up",
    "still_valid",
    "totals",
    "update_profile",
    "viewer_of_session",
    "viewer_of_token",
]
