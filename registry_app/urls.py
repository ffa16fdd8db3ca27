"""Every address of the app, one list a resource."""

from django.conf import settings
from django.urls import include, path

from .api import me
from .authentication import sso
from .views import (
    accepted_types,
    access_requests,
    artifacts,
    audit,
    collections,
    imports,
    invitations,
    links,
    members,
    organizations,
    protected_aliases,
    registries,
    registry_members,
    search,
    sessions,
    snapshots,
    teams,
    tokens,
    versions,
)

registry_patterns = (
    [
        path("registries/", registries.index, name="index"),
        path("registries/new/", registries.create, name="create"),
        path("registries/name/", registries.name, name="name"),
        path("registry/<str:name>/", registries.detail, name="detail"),
        path("registry/<str:name>/settings/", registries.settings, name="settings"),
        path("registry/<str:name>/restrict/", registries.restrict, name="restrict"),
        path("registry/<str:name>/delete/", registries.delete, name="delete"),
        path("registry/<str:name>/activity/", audit.activity, name="activity"),
        path("registry/<str:name>/as-it-was/", snapshots.registry, name="as_it_was"),
    ],
    "registries",
)
type_patterns = (
    [
        path("add/", accepted_types.add, name="add"),
        path("remove/", accepted_types.remove, name="remove"),
        path("accept/", accepted_types.accept, name="accept"),
    ],
    "types",
)
member_patterns = (
    [
        path("members/", members.index, name="index"),
        path("members/invite/", invitations.invite, name="invite"),
        path("members/invite/<int:pk>/revoke/", invitations.revoke, name="revoke"),
        path("members/service/", members.service, name="service"),
        path("member/<str:username>/", members.detail, name="detail"),
        path("member/<str:username>/role/", members.role, name="role"),
        path("member/<str:username>/remove/", members.remove, name="remove"),
        path("member/<str:username>/deactivate/", members.deactivate, name="deactivate"),
        path("member/<str:username>/reactivate/", members.reactivate, name="reactivate"),
    ],
    "members",
)
team_patterns = (
    [
        path("teams/", teams.index, name="index"),
        path("teams/new/", teams.create, name="create"),
        path("team/<str:name>/", teams.detail, name="detail"),
        path("team/<str:name>/settings/", teams.settings, name="settings"),
        path("team/<str:name>/delete/", teams.delete, name="delete"),
        path("team/<str:name>/member/<str:username>/role/", teams.role, name="role"),
        path("team/<str:name>/member/<str:username>/remove/", teams.remove, name="remove"),
    ],
    "teams",
)
collection_patterns = (
    [
        path("collections/new/", collections.create, name="create"),
        path("collection/<str:collection>/", collections.detail, name="detail"),
        path("collection/<str:collection>/edit/", collections.edit, name="edit"),
        path("collection/<str:collection>/delete/", collections.delete, name="delete"),
        path("collection/<str:collection>/activity/", collections.activity, name="activity"),
        path("collection/<str:collection>/as-it-was/", snapshots.collection, name="as_it_was"),
        path("collection/<str:collection>/compare/", links.compare, name="compare"),
        path("aliases/protect/", protected_aliases.add, name="protect"),
        path("aliases/unprotect/", protected_aliases.remove, name="unprotect"),
    ],
    "collections",
)
version_patterns = (
    [
        path("link/", links.link, name="link"),
        path("v<int:number>/", links.detail, name="detail"),
        path("v<int:number>/edit/", links.edit, name="edit"),
        path("v<int:number>/unlink/", links.unlink, name="unlink"),
    ],
    "versions",
)
artifact_patterns = (
    [
        path("artifacts/", artifacts.index, name="index"),
        path("artifacts/new/", artifacts.create, name="create"),
        path("artifact/<str:project>/<str:name>/", artifacts.detail, name="detail"),
    ],
    "artifacts",
)
import_patterns = ([path("artifacts/import/", imports.create, name="create")], "imports")
source_patterns = (
    [
        path("artifact/<str:project>/<str:name>/v<int:number>/", versions.detail, name="detail"),
        path("artifact/<str:project>/<str:name>/v<int:number>/delete/", versions.delete, name="delete"),
    ],
    "sources",
)
access_patterns = (
    [
        path("", registry_members.index, name="index"),
        path("add/", registry_members.add, name="add"),
        path("explain/", registry_members.explain, name="explain"),
        path("able/", registry_members.who_can, name="who_can"),
        path("<int:pk>/", registry_members.change, name="change"),
        path("<int:pk>/remove/", registry_members.remove, name="remove"),
    ],
    "access",
)
request_patterns = (
    [
        path("requests/", access_requests.index, name="index"),
        path("registry/<str:name>/requests/new/", access_requests.create, name="create"),
        path("registry/<str:name>/requests/<int:pk>/", access_requests.answer, name="answer"),
    ],
    "requests",
)
audit_patterns = (
    [
        path("", audit.index, name="index"),
        path("export.csv", audit.export, name="export"),
    ],
    "audit",
)
token_patterns = (
    [
        path("", tokens.index, name="index"),
        path("<int:pk>/revoke/", tokens.revoke, name="revoke"),
    ],
    "tokens",
)
organization_token_patterns = (
    [
        path("tokens/", tokens.of_organization, name="index"),
        path("tokens/<int:pk>/revoke/", tokens.revoke_of_organization, name="revoke"),
        path("member/<str:username>/tokens/", tokens.of_service, name="service"),
    ],
    "organization_tokens",
)

# By the names that allauth asks for.
single_sign_on_patterns = [
    path("login/", sso.login, name="openid_connect_login"),
    path("login/callback/", sso.callback, name="openid_connect_callback"),
]

urlpatterns = [
    path("", organizations.home, name="home"),
    path("orgs/", organizations.index, name="organizations"),
    path("orgs/<slug:organization>/", organizations.detail, name="organization"),
    path("orgs/<slug:organization>/", include(registry_patterns)),
    path("orgs/<slug:organization>/registry/<str:name>/types/", include(type_patterns)),
    path("orgs/<slug:organization>/registry/<str:name>/access/", include(access_patterns)),
    path("orgs/<slug:organization>/registry/<str:name>/", include(collection_patterns)),
    path("orgs/<slug:organization>/registry/<str:name>/collection/<str:collection>/", include(version_patterns)),
    path("orgs/<slug:organization>/", include(request_patterns)),
    path("orgs/<slug:organization>/", include(member_patterns)),
    path("orgs/<slug:organization>/", include(team_patterns)),
    path("orgs/<slug:organization>/team/<str:team>/", include(artifact_patterns)),
    path("orgs/<slug:organization>/team/<str:team>/", include(import_patterns)),
    path("orgs/<slug:organization>/team/<str:team>/", include(source_patterns)),
    path("orgs/<slug:organization>/", include(organization_token_patterns)),
    path("orgs/<slug:organization>/settings/factor/", organizations.second_factor, name="organization_factor"),
    path("orgs/<slug:organization>/settings/", organizations.organization_settings, name="organization_settings"),
    path("orgs/<slug:organization>/search/", search.index, name="search"),
    path("orgs/<slug:organization>/audit/", include(audit_patterns)),
    path("account/tokens/", include(token_patterns)),
    path("account/sessions/<int:pk>/end/", sessions.end, name="session_end"),
    path("api/v1/me", me.detail, name="api_me"),
    path("invitations/<str:token>/", invitations.accept, name="invitation"),
    path("setup/<str:token>/", organizations.setup, name="setup"),
    *([path("accounts/oidc/<str:provider_id>/", include(single_sign_on_patterns))] if settings.SINGLE_SIGN_ON else []),
    path("appearance/", organizations.appearance, name="appearance"),
]
