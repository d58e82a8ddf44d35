"""The same stages on Google Cloud: what a Setup is there, as values, and who would be let in. Exported for review, never applied by this tool."""
