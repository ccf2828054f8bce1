"""The control silo: owns apps, installations, users and tokens for the whole world."""
