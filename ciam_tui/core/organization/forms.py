"""What may be asked of many accounts, and in which forms; it imports nothing, since the command line's parsers are made of it."""

from __future__ import annotations

# https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html
UNIT_PATTERN = r"(ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}|r-[a-z0-9]{4,32})"
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
EXTERNAL_ID_PATTERN = r"[A-Za-z0-9_+=,.@:/-]{2,1224}"
# How many accounts are read at once.
WORKERS, MOST_WORKERS = 8, 32
