"""The Rasa bot: its components (bot environment) and its actions (main environment)."""
