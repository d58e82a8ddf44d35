"""What a role's use looks like from AWS's side: who took it, from which project and branch, and who was refused, and why.

CloudTrail keeps every AssumeRoleWithWebIdentity for 90 days, refusals included, and says no more of a refusal than "AccessDenied". The sub is
in it, so that the token test can say the rest. Of an event only what that needs is kept: no address, no user agent, no access key.
"""

from ciam_tui.core.activity.events import ASSUME_EVENT, AssumeEvent, EventPage, Window, event_of, read_events
from ciam_tui.core.activity.report import json_of, lines_of
from ciam_tui.core.activity.summary import Activity, Comer, Refusal, RegionRead, Trust, Who, activity_from

__all__ = [
    "ASSUME_EVENT",
    "Activity",
    "AssumeEvent",
    "Comer",
    "EventPage",
    "Refusal",
    "RegionRead",
    "Trust",
    "Who",
    "Window",
    "activity_from",
    "event_of",
    "json_of",
    "lines_of",
    "read_events",
]
