"""Findings about any IAM policy, with CircleCI's grammar: what a trust lets in that nobody meant, what a grant opens, and what is dead.

The findings of a Setup are about answers; these are about documents, whoever wrote them: a role from a guide, a policy in a pull request,
everything that an audit finds. Both kinds share levels and manner: each says what can happen, what it does not establish, and the fix.
"""

from ciam_tui.core.policy_findings.finding import PolicyFinding
from ciam_tui.core.policy_findings.permissions import permission_findings
from ciam_tui.core.policy_findings.trust import trust_findings

__all__ = ["PolicyFinding", "permission_findings", "trust_findings"]
