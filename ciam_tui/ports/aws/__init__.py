"""AWS behind the protocol: the only modules that import boto3, split by what they ask of it.

Importing this package imports boto3, which takes a third of a second: front ends import it in a worker, after their first frame.
"""

from __future__ import annotations

from ciam_tui.ports.aws.access import FixedAccess, SharedConfigAccess
from ciam_tui.ports.aws.account import BotoAws

__all__ = ["BotoAws", "FixedAccess", "SharedConfigAccess"]
