# The server, its worker and its management commands, in one image.

# The full image has a C compiler.
FROM python:3.11 AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
COPY requirements/observability.txt requirements/build.txt /requirements/
RUN /venv/bin/pip install --require-hashes --only-binary :all: -r /requirements/observability.txt \
    && /venv/bin/pip uninstall --yes pip setuptools \
    && pip install --require-hashes --only-binary :all: -r /requirements/build.txt
WORKDIR /app
COPY setup.py ./
COPY core core
# The extension is optional to setuptools, so the import says whether it was built.
RUN python setup.py build_ext --inplace && python -c "import core.native.row_template"

FROM python:3.11-slim
RUN useradd --uid 10001 --no-create-home --no-log-init --shell /usr/sbin/nologin feed && install --directory --owner=10001 /media
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000
WORKDIR /app
COPY --from=build /venv /venv
COPY manage.py schema.graphql ./
COPY --from=build /app/core core
COPY feed feed
COPY interactions interactions
# Collects the admin's static files with production settings. The command connects to no server, and the
# placeholders for URLs and secrets are in no layer's environment.
RUN SECRET_KEY=only-while-the-image-is-being-built DATABASE_URL=postgresql://none/none \
    REDIS_URL=redis://none ALLOWED_HOSTS=none python manage.py collectstatic --no-input --verbosity 0 \
    && python -m compileall -q core feed interactions
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-m", "core.server.healthcheck"]
CMD ["python", "-m", "core.server"]
