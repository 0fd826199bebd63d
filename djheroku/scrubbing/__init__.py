"""What of the data may leave production: every column is allowed, or scrubbed by a rule; a test fails on one that is neither.

rules.py       each model's columns, classified
columns.py     which columns there are: the models' and the database's own
scrub.py       the scrubbing itself, in one transaction
"""
