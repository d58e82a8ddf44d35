"""What a stack set may be called and by whom it may be rolled out; it imports nothing, since the command line's parsers are made of it."""

from __future__ import annotations

# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackSet.html
SERVICE_MANAGED = "service-managed"
SELF_MANAGED = "self-managed"
MODELS = (SERVICE_MANAGED, SELF_MANAGED)
CALLERS = ("SELF", "DELEGATED_ADMIN")
NAME_PATTERN = r"[A-Za-z][A-Za-z0-9-]{0,127}"
