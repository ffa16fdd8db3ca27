"""The rules of the rulebook as pure functions: no query, no request, no clock.

A function named `refuse_…` answers None where the rule allows, else the Refusal. Forms, models, the admin, commands and
templates all call these functions, so that a page shows the reason in advance in the words of the refusal.
"""

from .cards import *
from .cells import *
from .characters import *
from .collections import *
from .front_matter import *
from .groups import *
from .json_text import *
from .links import *
from .metrics import *
from .names import *
from .numbers import *
from .refusals import *
from .registries import *
from .roles import *
from .types import *
from .versions import *
from .zones import *
