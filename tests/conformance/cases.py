"""All tables of cases."""

from cases_apply import TABLE as APPLY
from cases_apply_lists import TABLE as APPLY_LISTS
from cases_verbs import TABLE as VERBS

TABLES = [VERBS, APPLY, APPLY_LISTS]
