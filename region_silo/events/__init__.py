"""Events as SDKs send them, in any shape since 2012, made into one: pure, so that it can be tried on any input."""
