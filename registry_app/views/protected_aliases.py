"""Protected aliases of a registry, parts of its settings page (rule 26)."""

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from .. import rules
from ..choices import Action
from ..forms import ProtectForm, UnprotectForm
from ..models import ProtectedAlias
from ..permissions import get_registry
from .registries import settings_page
from .rendering import actor_of, log_refusals


@require_POST
def add(request, organization, name):
    """Protect an alias."""
    access = get_registry(request.user, organization, name, Action.PROTECT)
    form = ProtectForm(request.POST, registry=access.registry)
    if form.is_valid():
        protected = ProtectedAlias(registry=access.registry, name=form.cleaned_data["alias"])
        if form.submit(protected.save_by, actor_of(request)):
            messages.success(request, f"{protected} is protected: only admins set, move or remove it.")
            return redirect("registries:settings", organization, access.registry.name)
    log_refusals(request, form, Action.PROTECT, access.registry)
    return settings_page(request, access, alias_form=form, status=form.status)


@require_POST
def remove(request, organization, name):
    """Unprotect an alias. Nothing changes if it isn't protected."""
    access = get_registry(request.user, organization, name, Action.UNPROTECT)
    form = UnprotectForm(request.POST, registry=access.registry)
    if form.is_valid():
        alias = form.cleaned_data["alias"]
        protected = access.registry.protected_aliases.filter(name_key=rules.name_key(alias)).first()
        if protected is None:
            messages.info(request, f"{alias} isn't protected. Nothing was changed.")
            return redirect("registries:settings", organization, access.registry.name)
        if form.submit(protected.delete_by, actor_of(request)):
            ended = f" Requests for it that ended: {form.answer}." if form.answer else ""
            messages.success(request, f"{alias} is not protected any more: members move it too.{ended}")
            return redirect("registries:settings", organization, access.registry.name)
    log_refusals(request, form, Action.UNPROTECT, access.registry)
    return settings_page(request, access, alias_form=form, status=form.status)
