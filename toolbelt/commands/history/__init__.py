"""What has been released: what Heroku tells of it, what this checkout kept of it, and how both are shown."""
