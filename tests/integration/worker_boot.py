"""What the server process of the worker tests imports once."""

import django

django.setup()

import django_rq.management.commands.rqworker  # noqa: E402, F401

import djheroku.worker  # noqa: E402, F401
import tests.integration.worker_jobs  # noqa: E402, F401
