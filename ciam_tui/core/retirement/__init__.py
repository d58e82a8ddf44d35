"""The retirement of a user with keys as a state machine: stages, what moves them, what stops them, and how long each still takes.

Nothing here reads or changes anything. What happened is a list of events; what is there is a ground that somebody read; where every stage stands
follows from the two and from the time, so that a nightly job, a person and a test come to the same answer.
"""
