"""The rules of the rulebook, in pure functions: no query, no request, no clock.

A function named `refuse_…` answers None where the rule allows, else the Refusal. Forms, models, the admin, commands and
templates all ask here, so that the reason shown beforehand is the reason given afterwards.
"""

from .characters import *
from .collections import *
from .links import *
from .names import *
from .refusals import *
from .registries import *
from .roles import *
from .types import *
from .versions import *
