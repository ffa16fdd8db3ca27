"""What the log lines say beside their message."""

import logging


class RequestIdFilter(logging.Filter):
    """Puts the request's id on the log lines that Django writes for it."""

    def filter(self, record):
        record.request_id = getattr(getattr(record, "request", None), "id", "-")
        return True
