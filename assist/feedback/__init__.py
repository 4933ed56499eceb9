"""What agents did with proposals: used, edited, dismissed, thumbs (SPEC section 6)."""
