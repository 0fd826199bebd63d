"""Is it up, is it ready, which release is it: for Docker, Heroku, the toolbelt, and whoever watches.

middleware.py   answers /health/live, /health/ready and /health/release before anything can refuse to
checks.py       what "ready" means: database, cache, queue, migrations, worker
probe.py        runs the checks side by side, each for two seconds at most
workers.py      the workers that are alive, and the commit each of them runs
"""
