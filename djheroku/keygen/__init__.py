"""Keys: a visitor asks for one, the worker makes it, the page shows it when it is done."""
