"""The sidebar's proposals: solutions, empathy phrases, known and missing facts (SPEC section 6)."""
