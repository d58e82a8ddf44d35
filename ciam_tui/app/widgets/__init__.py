"""Widgets that know nothing of steps and screens: they show values and post what was done to them."""
