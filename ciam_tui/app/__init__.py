"""The Textual front end. Widgets post intents, screens own state, the app owns navigation."""
