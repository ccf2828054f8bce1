"""Webhooks: deliveries to apps, kept with what became of them, and sent until the app has answered."""
