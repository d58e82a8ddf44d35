"""The variables by which jobs hold static AWS keys: wherever one is set, every AWS SDK takes it before a role by web identity."""

from __future__ import annotations

STATIC_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
KEY_ID = STATIC_KEYS[0]
