"""stub"""


def csrf_failure(request, reason=""): ...
