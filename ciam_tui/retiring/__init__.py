"""Carrying out retirements: the world is read anew before each stage, a stage is a run like any other, and what was seen is kept as events.

It stands above `runs`, since a stage of a retirement is a run with its journal, its lock, its way on and its way back; and below every front end.
"""
