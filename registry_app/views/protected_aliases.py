"""Protected aliases of a registry: declared and given up on its settings page (rule 26)."""

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from .. import rules
from ..choices import Action
from ..forms import ProtectForm, UnprotectForm
from ..models import ProtectedAlias
from ..permissions import registry_for
from .registries import settings_page
from .rendering import actor_of, log_refusals


@require_POST
def add(request, organization, name):
    """Protect an alias."""
    door = registry_for(request.user, organization, name, Action.PROTECT)
    form = ProtectForm(request.POST, registry=door.registry)
    if form.is_valid():
        protected = ProtectedAlias(registry=door.registry, name=form.cleaned_data["alias"])
        if form.carry_out(protected.save_by, actor_of(request)):
            messages.success(request, f"{protected} is protected: only admins put, move or take it.")
            return _to_aliases(organization, door.registry)
    log_refusals(request, form, Action.PROTECT, door.membership, door.registry)
    return settings_page(request, door, alias_form=form, status=form.status)


@require_POST
def remove(request, organization, name):
    """No longer protect an alias; one that isn't protected any more changes nothing."""
    door = registry_for(request.user, organization, name, Action.UNPROTECT)
    form = UnprotectForm(request.POST, registry=door.registry)
    if form.is_valid():
        alias = form.cleaned_data["alias"]
        protected = door.registry.protected_aliases.filter(name_key=rules.name_key(alias)).first()
        if protected is None:
            messages.info(request, f"{alias} isn't protected. Nothing was changed.")
            return _to_aliases(organization, door.registry)
        if form.carry_out(protected.delete_by, actor_of(request)):
            messages.success(request, f"{alias} is not protected any more: members move it too.")
            return _to_aliases(organization, door.registry)
    log_refusals(request, form, Action.UNPROTECT, door.membership, door.registry)
    return settings_page(request, door, alias_form=form, status=form.status)


def _to_aliases(organization, registry):
    return redirect(reverse("registries:settings", args=[organization, registry.name], fragment="aliases"))
