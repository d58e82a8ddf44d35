"""Set-ups and plans as Markdown, for a pull request: the tables that a reviewer wants, in which no name of a stranger can do anything."""
