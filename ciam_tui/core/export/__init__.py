"""Exports: one file a format, each a pure function from a Setup to the files it consists of."""
