"""From an old user to the Setup that would replace it: what is proposed, and what of the old would be lost or gained by it.

A proposal is a draft for the wizard, never more than the user could do, with a note for everything that was guessed or is unknown.
"""

from ciam_tui.core.proposal.comparison import Comparison, Gained, Lost, compared
from ciam_tui.core.proposal.proposing import Proposal, proposed
from ciam_tui.core.proposal.report import document_of_comparison, lines_of_comparison

__all__ = ["Comparison", "Gained", "Lost", "Proposal", "compared", "document_of_comparison", "lines_of_comparison", "proposed"]
