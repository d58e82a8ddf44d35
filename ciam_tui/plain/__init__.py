"""Plain mode: the steps of the wizard as numbered questions, for screen readers, for pipes and for terminals that draw nothing.

Lines come one after the other and stay: nothing is redrawn, coloured or spun, and every answer may come from a file.
"""
