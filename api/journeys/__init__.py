"""Whole conversations through a running gateway (`frontline eval journeys`)."""
