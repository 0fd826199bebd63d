"""What is in the queues, told on the command line: `manage.py jobs`, which `./inv jobs` asks here and on Heroku.

looking.py                      what there is: queues, workers, jobs that failed
management/commands/jobs.py     told as a table or as JSON; failed jobs put back
"""
