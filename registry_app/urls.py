"""Every address of the app: a namespace for each file of views, a name for each function.

One registry, collection or member is singular in addresses (`registry/<name>/`), a list of them is plural: the wandb
client prints links of that form.
"""

from django.conf import settings
from django.urls import include, path

from .api import me
from .authentication import sso
from .views import (
    accepted_types,
    access_requests,
    alias_requests,
    aliases,
    artifacts,
    audit,
    collections,
    group_mappings,
    imports,
    invitations,
    links,
    members,
    organization_tokens,
    organizations,
    protected_aliases,
    publishing,
    registries,
    registry_members,
    search,
    sessions,
    site,
    snapshots,
    teams,
    tokens,
    versions,
)

ORGANIZATION = "orgs/<slug:organization>/"
REGISTRY = f"{ORGANIZATION}registry/<str:name>/"
COLLECTION = f"{REGISTRY}collection/<str:collection>/"
TEAM = f"{ORGANIZATION}team/<str:team>/"

NAMESPACES = {
    "organizations": [
        path("", organizations.home, name="home"),
        path("orgs/", organizations.index, name="index"),
        path("setup/<str:token>/", organizations.setup, name="setup"),
        path(ORGANIZATION, organizations.detail, name="detail"),
        path(f"{ORGANIZATION}settings/", organizations.settings, name="settings"),
        path(f"{ORGANIZATION}settings/factor/", organizations.second_factor, name="second_factor"),
    ],
    "group_mappings": [
        path(f"{ORGANIZATION}settings/groups/", group_mappings.index, name="index"),
        path(f"{ORGANIZATION}settings/groups/<int:pk>/", group_mappings.change, name="change"),
        path(f"{ORGANIZATION}settings/groups/<int:pk>/remove/", group_mappings.remove, name="remove"),
    ],
    "registries": [
        path(f"{ORGANIZATION}registries/", registries.index, name="index"),
        path(f"{ORGANIZATION}registries/new/", registries.create, name="create"),
        path(f"{ORGANIZATION}registries/name/", registries.name, name="name"),
        path(REGISTRY, registries.detail, name="detail"),
        path(f"{REGISTRY}settings/", registries.settings, name="settings"),
        path(f"{REGISTRY}restrict/", registries.restrict, name="restrict"),
        path(f"{REGISTRY}delete/", registries.delete, name="delete"),
        path(f"{REGISTRY}pin/", registries.pin, name="pin"),
        path(f"{REGISTRY}activity/", registries.activity, name="activity"),
    ],
    "accepted_types": [
        path(f"{REGISTRY}types/add/", accepted_types.add, name="add"),
        path(f"{REGISTRY}types/remove/", accepted_types.remove, name="remove"),
        path(f"{REGISTRY}types/accept/", accepted_types.accept, name="accept"),
    ],
    "registry_members": [
        path(f"{REGISTRY}access/", registry_members.index, name="index"),
        path(f"{REGISTRY}access/add/", registry_members.add, name="add"),
        path(f"{REGISTRY}access/explain/", registry_members.explain, name="explain"),
        path(f"{REGISTRY}access/able/", registry_members.who_can, name="who_can"),
        path(f"{REGISTRY}access/<int:pk>/", registry_members.change, name="change"),
        path(f"{REGISTRY}access/<int:pk>/remove/", registry_members.remove, name="remove"),
    ],
    "access_requests": [
        path(f"{ORGANIZATION}requests/", access_requests.index, name="index"),
        path(f"{REGISTRY}requests/new/", access_requests.create, name="create"),
        path(f"{REGISTRY}requests/<int:pk>/", access_requests.answer, name="answer"),
        path(f"{REGISTRY}requests/<int:pk>/withdraw/", access_requests.withdraw, name="withdraw"),
    ],
    "alias_requests": [
        path(f"{COLLECTION}v<int:number>/request/", alias_requests.create, name="create"),
        path(f"{COLLECTION}requests/<int:pk>/", alias_requests.answer, name="answer"),
        path(f"{COLLECTION}requests/<int:pk>/withdraw/", alias_requests.withdraw, name="withdraw"),
    ],
    "protected_aliases": [
        path(f"{REGISTRY}aliases/protect/", protected_aliases.add, name="add"),
        path(f"{REGISTRY}aliases/unprotect/", protected_aliases.remove, name="remove"),
    ],
    "collections": [
        path(f"{REGISTRY}collections/new/", collections.create, name="create"),
        path(COLLECTION, collections.detail, name="detail"),
        path(f"{COLLECTION}card/", collections.card, name="card"),
        path(f"{COLLECTION}settings/", collections.settings, name="settings"),
        path(f"{COLLECTION}edit/", collections.edit, name="edit"),
        path(f"{COLLECTION}delete/", collections.delete, name="delete"),
        path(f"{COLLECTION}activity/", collections.activity, name="activity"),
    ],
    "snapshots": [
        path(f"{REGISTRY}as-it-was/", snapshots.registry, name="registry"),
        path(f"{COLLECTION}as-it-was/", snapshots.collection, name="collection"),
    ],
    "links": [
        path(f"{COLLECTION}link/", links.create, name="create"),
        path(f"{COLLECTION}compare/", links.compare, name="compare"),
        path(f"{COLLECTION}v<int:number>/", links.detail, name="detail"),
        path(f"{COLLECTION}v<int:number>/lineage/", links.lineage, name="lineage"),
        path(f"{COLLECTION}v<int:number>/promote/", links.promote, name="promote"),
        path(f"{COLLECTION}v<int:number>/edit/", links.edit, name="edit"),
        path(f"{COLLECTION}v<int:number>/unlink/", links.unlink, name="unlink"),
    ],
    "publishing": [
        path(f"{ORGANIZATION}publish/", publishing.organization, name="organization"),
        path(f"{REGISTRY}publish/", publishing.registry, name="registry"),
        path(f"{COLLECTION}publish/", publishing.collection, name="collection"),
    ],
    "members": [
        path(f"{ORGANIZATION}members/", members.index, name="index"),
        path(f"{ORGANIZATION}members/service/", members.service, name="service"),
        path(f"{ORGANIZATION}members/suggestions/", members.suggestions, name="suggestions"),
        path(f"{ORGANIZATION}member/<str:username>/", members.detail, name="detail"),
        path(f"{ORGANIZATION}member/<str:username>/role/", members.role, name="role"),
        path(f"{ORGANIZATION}member/<str:username>/remove/", members.remove, name="remove"),
        path(f"{ORGANIZATION}member/<str:username>/deactivate/", members.deactivate, name="deactivate"),
        path(f"{ORGANIZATION}member/<str:username>/reactivate/", members.reactivate, name="reactivate"),
    ],
    "invitations": [
        path(f"{ORGANIZATION}members/invite/", invitations.create, name="create"),
        path(f"{ORGANIZATION}members/invite/created/", invitations.created, name="created"),
        path(f"{ORGANIZATION}members/invite/<int:pk>/", invitations.detail, name="detail"),
        path(f"{ORGANIZATION}members/invite/<int:pk>/revoke/", invitations.revoke, name="revoke"),
        path("invitations/<str:token>/", invitations.accept, name="accept"),
    ],
    "teams": [
        path(f"{ORGANIZATION}teams/", teams.index, name="index"),
        path(f"{ORGANIZATION}teams/new/", teams.create, name="create"),
        path(f"{ORGANIZATION}team/<str:name>/", teams.detail, name="detail"),
        path(f"{ORGANIZATION}team/<str:name>/settings/", teams.settings, name="settings"),
        path(f"{ORGANIZATION}team/<str:name>/delete/", teams.delete, name="delete"),
        path(f"{ORGANIZATION}team/<str:name>/member/<str:username>/role/", teams.role, name="role"),
        path(f"{ORGANIZATION}team/<str:name>/member/<str:username>/remove/", teams.remove, name="remove"),
    ],
    "artifacts": [
        path(f"{ORGANIZATION}artifacts/", artifacts.organization, name="organization"),
        path(f"{TEAM}artifacts/", artifacts.index, name="index"),
        path(f"{TEAM}artifacts/new/", artifacts.create, name="create"),
        path(f"{TEAM}artifact/<str:project>/<str:name>/", artifacts.detail, name="detail"),
    ],
    "imports": [path(f"{TEAM}artifacts/import/", imports.create, name="create")],
    "versions": [
        path(f"{TEAM}artifact/<str:project>/<str:name>/v<int:number>/", versions.detail, name="detail"),
        path(f"{TEAM}artifact/<str:project>/<str:name>/v<int:number>/delete/", versions.delete, name="delete"),
    ],
    "search": [path(f"{ORGANIZATION}search/", search.index, name="index")],
    "aliases": [path(f"{ORGANIZATION}aliases/", aliases.index, name="index")],
    "audit": [
        path(f"{ORGANIZATION}audit/", audit.index, name="index"),
        path(f"{ORGANIZATION}audit/export.csv", audit.export, name="export"),
    ],
    "tokens": [
        path("account/tokens/", tokens.index, name="index"),
        path("account/tokens/<int:pk>/", tokens.detail, name="detail"),
        path("account/tokens/<int:pk>/revoke/", tokens.revoke, name="revoke"),
    ],
    "organization_tokens": [
        path(f"{ORGANIZATION}tokens/", organization_tokens.index, name="index"),
        path(f"{ORGANIZATION}tokens/<int:pk>/revoke/", organization_tokens.revoke, name="revoke"),
        path(f"{ORGANIZATION}member/<str:username>/tokens/", organization_tokens.service, name="service"),
        path(f"{ORGANIZATION}member/<str:username>/tokens/<int:pk>/", organization_tokens.detail, name="detail"),
    ],
    "sessions": [
        path("accounts/staff/", sessions.staff, name="staff"),
        path("accounts/signed-out/", sessions.ended, name="ended"),
        path("account/sessions/<int:pk>/end/", sessions.end, name="end"),
    ],
    "site": [
        path("appearance/", site.appearance, name="appearance"),
        path("account/time-zone/", site.time_zone, name="time_zone"),
    ],
}
# With the names that allauth reverses.
SINGLE_SIGN_ON = [
    path("accounts/oidc/<str:provider_id>/login/", sso.login, name="openid_connect_login"),
    path("accounts/oidc/<str:provider_id>/login/callback/", sso.callback, name="openid_connect_callback"),
]

urlpatterns = [
    *(path("", include((paths, namespace))) for namespace, paths in NAMESPACES.items()),
    path("api/v1/me", me.detail, name="api_me"),
    *(SINGLE_SIGN_ON if settings.SINGLE_SIGN_ON else []),
]
