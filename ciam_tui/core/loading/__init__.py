"""The way back from roles to a Setup: what a role's policies say, as far as a Setup can say it, and an honest word about the rest.

What is derived is a guess about what was meant. So it is never believed: the Setup's own policies are held against the role's by the
evaluator, request by request, and who loads a role is told which way they differ.
"""
