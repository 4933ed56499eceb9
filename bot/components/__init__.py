"""Rasa graph components; run in the bot's own environment."""
