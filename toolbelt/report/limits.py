"""What Heroku allows, each with where that is written. A fact that nobody has published says so."""

from __future__ import annotations

SLUG = 500 * 1000**2  # https://devcenter.heroku.com/articles/slug-compiler#slug-size : compressed
SLUG_SLOW = 300 * 1000**2  # the same article: above it Heroku warns that dynos start slowly
BUILD = 900.0  # https://devcenter.heroku.com/articles/limits#build-and-deployment : 15 minutes
BOOT = 60.0  # https://devcenter.heroku.com/articles/error-codes#r10-boot-timeout
STOP = 30.0  # https://devcenter.heroku.com/articles/error-codes#r12-exit-timeout
FIRST_BYTE = 30.0  # https://devcenter.heroku.com/articles/error-codes#h12-request-timeout
PHASE = 24 * 3600.0  # https://devcenter.heroku.com/articles/release-phase : as long as a one-off dyno
LAYERS = 40  # https://devcenter.heroku.com/articles/container-registry-and-runtime : more may fail to start
KILLED = 2.0  # times the quota: https://devcenter.heroku.com/articles/error-codes#r15-memory-quota-vastly-exceeded

# Where it begins to be close. Heroku's machines are not this one: half of a time, four fifths of a memory.
CLOSE_TIME = 0.5
CLOSE_MEMORY = 0.8
SLOW_FIRST = 5.0  # seconds that a visitor waits and remembers
LOCK_FELT = 1.0  # seconds for which every request that needs the table stands still
