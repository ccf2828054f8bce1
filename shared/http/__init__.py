"""Sentry's JSON dialect on FastAPI, for both silos: errors, bodies, credentials, pages, documentation."""
