"""The door gunicorn knocks at: with the settings of Heroku, unless the environ names others."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "djheroku.settings.heroku")

application = get_wsgi_application()
