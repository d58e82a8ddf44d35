"""CircleCI's side as values: what was read of it, what is risky there, which answers it gives, and how the roles get to the jobs."""
