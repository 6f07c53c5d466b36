# One image for web, worker, beat and migrations; docker-compose.yml says which command each runs.
FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

# The same packages as scripts/setup.sh demo: PDF libraries, and the font for rare characters in names.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY requirements.txt ./
RUN pip install --require-hashes -r requirements.txt

COPY . .
# ext: extensions of htmx that we do not use and whose imports no manifest can resolve.
RUN useradd --system --uid 10001 --no-create-home inspect \
    && mkdir -p var /srv/media \
    && TESTING=0 SECRET_KEY=only-for-building python manage.py collectstatic --noinput --verbosity 0 \
    && chown -R inspect: var /srv/media

USER inspect
ENV MEDIA_ROOT=/srv/media
EXPOSE 8000
CMD ["gunicorn", "kuancheng_inspect.wsgi", "--config", "scripts/gunicorn.conf.py"]
