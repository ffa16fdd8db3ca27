"""The user of a token."""

from django.http import JsonResponse
from django.views.decorators.http import require_safe

from .auth import by_token


@require_safe
@by_token
def detail(request):
    """The token, its user, and the user's organizations with their roles."""
    memberships = request.user.memberships.select_related("organization")
    return JsonResponse(
        {
            "username": request.user.username,
            "organizations": [{"slug": each.organization.slug, "role": each.role} for each in memberships],
            "token": {
                "name": request.token.name,
                "expires_at": request.token.expires_at,
                "read_only": request.token.read_only,
            },
        }
    )
