"""CircleCI tokens as AWS sees them: what their claims become, whom a trust policy lets in, and why. AWS itself answers "Not authorized"."""
