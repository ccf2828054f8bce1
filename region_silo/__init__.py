"""A region silo: owns organizations and holds replicas of the apps that matter to them."""
