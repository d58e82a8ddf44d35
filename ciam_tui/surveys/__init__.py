"""The readers beside `ciam_tui.survey`, which reads for one Setup: an account's audit, users and evidence, an organization, CircleCI's side."""
