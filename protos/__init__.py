"""The contracts between silos, and the generator of the code that keeps to them."""
