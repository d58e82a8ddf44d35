"""ciam_tui: least-privilege OIDC roles for CircleCI jobs, in place of static AWS keys. Holds the version alone, so that importing costs nothing."""

__version__ = "0.1.0"
