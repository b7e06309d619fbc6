"""Who would be glad of an earlier time, and what time of their therapist's has opened since."""
