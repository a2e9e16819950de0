"""All tables of cases."""

from tests.conformance.cases_admission import TABLE as ADMISSION
from tests.conformance.cases_apply import TABLE as APPLY
from tests.conformance.cases_apply_lists import TABLE as APPLY_LISTS
from tests.conformance.cases_controllers import TABLE as CONTROLLERS
from tests.conformance.cases_custom import TABLE as CUSTOM
from tests.conformance.cases_definitions import TABLE as DEFINITIONS
from tests.conformance.cases_kinds import TABLE as KINDS
from tests.conformance.cases_lists import TABLE as LISTS
from tests.conformance.cases_more_lists import TABLE as MORE_LISTS
from tests.conformance.cases_patches import TABLE as PATCHES
from tests.conformance.cases_protocol import TABLE as PROTOCOL
from tests.conformance.cases_quirks import TABLE as QUIRKS
from tests.conformance.cases_rights import TABLE as RIGHTS
from tests.conformance.cases_verbs import TABLE as VERBS

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
