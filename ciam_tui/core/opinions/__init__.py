"""Second opinions: what AWS itself says about a policy, held against what this program says, with every difference shown.

One evaluator and one list of rules are one point of failure. Where the account allows it, IAM Access Analyzer is asked about the documents and
IAM's simulator about the requests; where it does not, the answer is "not checked" with the reason, which is never taken for "nothing found".
"""

from ciam_tui.core.opinions.analyzer import AnalyzerFinding, Comparison, Location, PolicyKind, compared
from ciam_tui.core.opinions.not_checked import NotChecked
from ciam_tui.core.opinions.remarks import Remark, Stance, contradictions, remarks_of
from ciam_tui.core.opinions.report import Opinion, json_of, lines_of
from ciam_tui.core.opinions.simulation import (
    ContextEntry,
    Disagreement,
    MatchedStatement,
    SimulatedDecision,
    Simulation,
    SimulationCall,
    calls_for,
    decided_alike,
    held_against,
)

__all__ = [
    "AnalyzerFinding",
    "Comparison",
    "ContextEntry",
    "Disagreement",
    "Location",
    "MatchedStatement",
    "NotChecked",
    "Opinion",
    "PolicyKind",
    "Remark",
    "SimulatedDecision",
    "Simulation",
    "SimulationCall",
    "Stance",
    "calls_for",
    "compared",
    "contradictions",
    "decided_alike",
    "held_against",
    "json_of",
    "lines_of",
    "remarks_of",
]
