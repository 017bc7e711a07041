# docker-compose.yml names the image with its digest.
ARG PYTHON_IMAGE=python:3.11-slim
FROM ${PYTHON_IMAGE}

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /app
COPY requirements.lock .
RUN pip install --quiet --root-user-action=ignore --require-hashes -r requirements.lock

# The image's files are in /app; data are in /data, the only place where the program's user can write.
ENV PERG_HOME=/data STATIC_ROOT=/app/static-root MEDIA_ROOT=/data/files
RUN groupadd --system --gid 10001 perg \
    && useradd --system --uid 10001 --gid perg --home-dir /data --shell /usr/sbin/nologin perg \
    && install -d -o perg -g perg /data /data/files /data/temporary

COPY . .
# This needs neither a database nor a real key.
RUN PERG_HOME=/tmp/build SECRET_KEY=build-only python manage.py collectstatic --no-input --verbosity 0 \
    && rm -rf /tmp/build

USER perg
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "perg_site.wsgi:application", "--bind=0.0.0.0:8000", "--workers=2", "--worker-class=perg_site.deployment.gunicorn_worker.DeadlineWorker", \
     "--threads=8", "--forwarded-allow-ips=", "--keep-alive=75", "--access-logfile=-", "--logger-class=perg_site.deployment.gunicorn_logger.Logger", \
     "--worker-tmp-dir=/dev/shm", "--no-control-socket"]
