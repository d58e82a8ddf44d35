"""What AWS is asked beside the facts: its opinion of a role's policies, and how the role was used. Read by audit and the wizard.

It stands beside `ciam_tui.survey`. Nothing here is needed to plan or to grade: what cannot be asked is told as not checked, with the reason,
and ends nothing.
"""

from ciam_tui.opinions.asking import SecondOpinions, second_opinion
from ciam_tui.opinions.history import DAYS, PAGES, activities_of, activity_of, default_regions
from ciam_tui.opinions.of_setup import opinions_of_setup

__all__ = ["DAYS", "PAGES", "SecondOpinions", "activities_of", "activity_of", "default_regions", "opinions_of_setup", "second_opinion"]
