"""Entities in customers' messages: spaCy phrase rules and shapes, shared by bot and desk."""
