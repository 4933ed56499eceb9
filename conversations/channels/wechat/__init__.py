"""WeChat official accounts: callbacks in, passive replies and customer-service messages out."""
