"""The site: a visitor asks for a secret key, a worker makes it, the page shows it when it is done."""
