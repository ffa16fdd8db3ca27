"""The lines of the site's log: with request ids, and safe against forged lines."""

import logging


class RequestIdFilter(logging.Filter):
    """Adds the request's id to the log lines that Django writes about a request."""

    def filter(self, record):
        record.request_id = getattr(getattr(record, "request", None), "id", "-")
        return True


class LineFormatter(logging.Formatter):
    """One line an entry: invisible characters are escaped, and further lines are indented.

    A message may contain what a user sent. With a line break in it, the user could forge another entry.
    """

    def format(self, record):
        """The line, and below it the traceback of an error."""
        record.exc_text = None  # another formatter may have set it
        return super().format(record)

    def formatMessage(self, record):  # noqa: N802
        """The line."""
        return escaped(super().formatMessage(record))

    def formatException(self, exception):  # noqa: N802
        """The traceback, below it."""
        return _indented(super().formatException(exception))

    def formatStack(self, stack):  # noqa: N802
        """The stack, below it."""
        return _indented(super().formatStack(stack))


def escaped(text: str) -> str:
    """`text` with invisible characters (control, format, …) as escapes, like `\\n`."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _indented(text: str) -> str:
    return "\n".join(f"    {escaped(line)}" for line in text.split("\n"))
