"""Heroku's Platform API (https://devcenter.heroku.com/articles/platform-api-reference), one file per resource.

client.py is the door; refusals.py says what a refusal means; streams.py follows output that may be cut; tokens.py
knows where a token is kept. Every other file has a resource's frozen records and the calls that there are for it.
"""
