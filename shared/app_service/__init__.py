"""What ``AppService`` asks and answers alike in every silo: required fields, alert actions, installations as JSON."""
