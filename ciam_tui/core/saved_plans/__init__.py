"""A plan kept in a file: reviewed today, applied tomorrow by a pipeline, and refused where the account has changed between.

The file is a stranger's, like any file of a pull request. So nothing of it is ever applied: apply makes the plan again from the file's Setup
and a fresh reading, and asks only whether that is the plan that the file shows.
"""
