"""A release tried on a Heroku of this machine: the course it takes, what it is measured by, the report."""
