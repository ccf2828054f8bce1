"""A region over REST: what the organizations that live here own, in the original's dialect."""
