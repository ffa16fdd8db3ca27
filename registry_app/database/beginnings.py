"""An index of long texts: it holds how each begins, for not every text would fit into an index."""

from django.db.models import CharField, F, Func, Q
from django.db.models.functions import Substr
from django.db.models.lookups import Exact

LENGTH = 200  # characters


class Beginning(Func):
    """The first LENGTH characters of a text."""

    function = "SUBSTR"
    template = f"%(function)s(%(expressions)s, 1, {LENGTH})"  # no parameter: SQLite knows its index by the text
    output_field = CharField()


def is_text(column: str, text: str) -> Q:
    """The condition that `column` is `text`, which an index of its Beginning answers.

    It doesn't compare the column itself: SQLite would put the text in its place everywhere, and not see the index.
    """
    beginning = Q(Exact(Beginning(F(column)), text[:LENGTH]))
    return beginning & Q(Exact(Substr(F(column), LENGTH + 1), text[LENGTH:]))
