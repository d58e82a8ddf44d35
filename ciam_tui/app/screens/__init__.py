"""Screens own state: what is answered, what is selected, what is being read."""
