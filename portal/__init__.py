"""Foyer: from reading about therapy to a confirmed consultation. Imports nothing, so that bare Python can."""
