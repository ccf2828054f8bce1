"""The platform's pure rules: what is valid, what follows from what, and which text says no.

Everything here is a function of its arguments. Nothing here knows a database, a wire, a clock or a source of chance;
where a rule needs chance, the caller passes it.
"""
