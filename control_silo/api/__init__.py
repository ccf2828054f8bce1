"""Control's REST: one module of endpoints per noun, one of shapes, one that prints each object. Decides no rules."""
