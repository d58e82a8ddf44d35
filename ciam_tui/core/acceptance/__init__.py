"""Findings that somebody has looked at and accepted: a reviewed file says which, why, by whom and until when, so that only new ones fail a build."""
