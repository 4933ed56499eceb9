"""Bookings of a technician's visit: made, moved, cancelled, looked up."""
