"""Changes to an account as values: each kind once, with its API call, its effect on the facts, its inverse and its title.

A plan is a list of changes. Because the effect of each is a pure function on the facts, "is this step already done", "what must the
account look like now" and "has somebody else been here" are all the same comparison.
"""
