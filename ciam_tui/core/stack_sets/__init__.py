"""A Setup for many accounts: the template of a CloudFormation stack set, and what rolls it out.

By itself it imports nothing, so that whoever needs one part of it does not pay for all.
"""
