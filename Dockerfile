# One file for both rooms the site lives in: `dev` is what docker-compose.yml runs, `production` is what Heroku runs.
# Ordered by how often a thing changes, so that a one-line edit of a view changes one small layer of the image.
# There is no `# syntax=` line: the built-in frontend has cache mounts, and the line would add an image to every build.

# --- base: what every stage runs on ---------------------------------------------------------------------------------
FROM python:3.14-slim AS base
# libpq5: psycopg2 links to it. curl: Heroku streams a release phase's log only from images that contain it (7 MB).
# Without versions (DL3008): Debian removes a version when its fix is out, and it is the fix that is wanted.
# hadolint ignore=DL3008
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    --mount=type=tmpfs,target=/var/log \
    apt-get update \
 && apt-get install --yes --no-install-recommends libpq5 curl
# The official image comes without the standard library's bytecode (docker-library/python#615), and who is not root
# cannot write it: every start would compile it anew. Left out: what a site never imports.
RUN python -m compileall -q -j 0 -x '/(site-packages|dist-packages|ensurepip|idlelib|pydoc_data|test|tkinter|turtledemo)/' \
        "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1
WORKDIR /app

# --- builder: compiles psycopg2, as its maintainers advise for production ------------------------------------------
FROM base AS builder
# docker-clean would empty the mounted cache.
# hadolint ignore=DL3008
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    rm -f /etc/apt/apt.conf.d/docker-clean \
 && apt-get update \
 && apt-get install --yes --no-install-recommends gcc libc6-dev libpq-dev
# Trimmed: the sources of Django's translations (only the compiled ones are read), and botocore's description of the
# 400 services that are not S3 (30 MB). STS stays: credentials by role need it.
# Checked-hash bytecode is the same on every machine, and follows an edit made in site-packages while debugging.
RUN --mount=type=cache,target=/root/.cache/pip \
    --mount=type=bind,source=requirements.txt,target=/tmp/requirements.txt \
    python -m venv --without-pip /opt/venv \
 && LDFLAGS=-s pip --python /opt/venv install --no-compile --require-hashes --requirement /tmp/requirements.txt \
 && find /opt/venv -name '*.po' -delete \
 && find /opt/venv/lib/python*/site-packages/botocore/data -mindepth 1 -maxdepth 1 -type d \
        ! -name s3 ! -name sts -exec rm -r {} + \
 && python -m compileall -q -j 0 --invalidation-mode checked-hash /opt/venv

# --- dev: the code comes by bind mount ------------------------------------------------------------------------------
FROM builder AS dev
RUN --mount=type=cache,target=/root/.cache/pip \
    --mount=type=bind,source=requirements-dev.txt,target=/tmp/requirements-dev.txt \
    pip --python /opt/venv install --no-compile --require-hashes --requirement /tmp/requirements-dev.txt \
 && python -m compileall -q -j 0 --invalidation-mode checked-hash /opt/venv
COPY docker/entrypoint /usr/local/bin/dev-entrypoint
ENTRYPOINT ["dev-entrypoint"]
CMD ["python", "manage.py", "runserver", "0.0.0.0:8000"]

# --- code: compiled, and taken apart into what changes together ----------------------------------------------------
FROM builder AS code
# Not /app: BuildKit looks at all that lies beside a directory that is copied on, and beside /app lies the system (0.5 s).
WORKDIR /code/app
COPY manage.py ./
COPY djheroku djheroku
# unchecked-hash: the bytecode depends on the source alone, so that the same code is the same layer on every machine.
# collect: the little that decides what collectstatic collects. keygen: the pages, which change most.
RUN python -m compileall -q --invalidation-mode unchecked-hash . \
 && mkdir ../collect \
 && cp --parents manage.py djheroku/*.py ../collect \
 && find djheroku -type f \( -path '*/static/*' -o -path '*/settings/*.py' -o -name __init__.py -o -name apps.py \) \
        -exec cp --parents --target-directory=../collect {} + \
 && mv djheroku/keygen ../keygen

# --- static: runs again only when something of that little changed, whatever else was edited -----------------------
FROM builder AS static
COPY --from=code /code/collect ./
RUN DJANGO_SETTINGS_MODULE=djheroku.settings.heroku \
    SECRET_KEY=used-for-nothing-but-this-line-and-kept-nowhere-0123456789 \
    DATABASE_URL=postgres://nobody@localhost/none REDIS_URL=redis://localhost \
    python manage.py collectstatic --no-input --verbosity 0 \
 && mv staticfiles/admin /admin

# --- production: no compiler, no development, no secret ------------------------------------------------------------
FROM base AS production
COPY --from=builder /opt/venv /opt/venv
# The admin's files change with Django only; the site's own are small.
COPY --from=static /admin staticfiles/admin
COPY --from=static /app/staticfiles staticfiles
COPY --from=code /code/app ./
COPY --from=code /code/keygen djheroku/keygen
ENV DJANGO_SETTINGS_MODULE=djheroku.settings.heroku \
    HOME=/tmp
# A number without a name: Heroku runs the image as a random user, whatever is written here.
USER 10001:10001
CMD ["gunicorn", "djheroku.wsgi", "--config", "djheroku/gunicorn.py"]
# Last, so that a new commit changes nothing but metadata.
ARG COMMIT=""
ARG VERSION=""
ARG SOURCE=""
ENV COMMIT=$COMMIT
LABEL org.opencontainers.image.title="djheroku" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="$SOURCE" \
      org.opencontainers.image.revision="$COMMIT" \
      org.opencontainers.image.version="$VERSION"
