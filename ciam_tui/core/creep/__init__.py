"""Privilege creep: what each role may do, what it was seen to do, how that gap grew, and a Setup without what nobody uses.

Nothing here says "unused" where no source would have shown a use: that is unknown, and stays.
"""
