"""A project's `.circleci/config.yml`: read as an outline, judged, and told what to add, without rewriting what somebody wrote."""
