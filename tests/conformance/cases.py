"""All tables of cases."""

from cases_admission import TABLE as ADMISSION
from cases_apply import TABLE as APPLY
from cases_apply_lists import TABLE as APPLY_LISTS
from cases_controllers import TABLE as CONTROLLERS
from cases_custom import TABLE as CUSTOM
from cases_definitions import TABLE as DEFINITIONS
from cases_kinds import TABLE as KINDS
from cases_lists import TABLE as LISTS
from cases_more_lists import TABLE as MORE_LISTS
from cases_patches import TABLE as PATCHES
from cases_protocol import TABLE as PROTOCOL
from cases_quirks import TABLE as QUIRKS
from cases_rights import TABLE as RIGHTS
from cases_verbs import TABLE as VERBS

TABLES = [
    VERBS,
    PATCHES,
    LISTS,
    KINDS,
    APPLY,
    APPLY_LISTS,
    CUSTOM,
    CONTROLLERS,
    RIGHTS,
    QUIRKS,
    PROTOCOL,
    MORE_LISTS,
    DEFINITIONS,
    ADMISSION,
]
