"""The lines of the site's log: what each says beside its message, and that none can be made to look like another."""

import logging


class RequestIdFilter(logging.Filter):
    """Puts the request's id on the log lines that Django writes for it."""

    def filter(self, record):
        record.request_id = getattr(getattr(record, "request", None), "id", "-")
        return True


class LineFormatter(logging.Formatter):
    """One line for each entry: characters that can't be seen are escaped, and what follows a line is indented.

    A message may repeat what anybody sent; with a line break of its own it would begin a line that looks like another
    entry.
    """

    def format(self, record):
        """The line, and below it what else there is of an error."""
        record.exc_text = None  # as another formatter may have left it
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
    """`text` with control, format and other characters that can't be seen written as escapes, as in `\\n`."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _indented(text: str) -> str:
    return "\n".join(f"    {escaped(line)}" for line in text.split("\n"))
