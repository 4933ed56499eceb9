"""Orders as another system tells us: kept, looked up, never decided upon here."""
