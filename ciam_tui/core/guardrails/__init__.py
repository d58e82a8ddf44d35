"""Policies that stay when the wizard is gone: what the organization forbids around the roles of a Setup, and the most that the roles may ever do."""
