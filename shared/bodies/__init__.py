"""JSON values of the REST API, each one class that reads, prints and documents it; here what both silos speak.

``body`` has what every body shares, ``fields`` the kinds of fields with the texts of their refusals, ``refusals`` the
one way from pydantic's errors to those texts. A class ends in ``Body`` when clients send it and in ``Object`` when they
are answered with it; a class that prints has a constructor ``of`` that takes the model or the message it shows.
"""
