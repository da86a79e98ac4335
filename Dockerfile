# What it runs with, built first: this layer changes only with the lock file.
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/chatelier
WORKDIR /src
COPY requirements.lock ./
RUN /opt/chatelier/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY adapters adapters
COPY storage storage
RUN /opt/chatelier/bin/pip install --no-deps .

FROM python:3.13-slim
# Inside a container it listens on all addresses, and so wants WEB_PASSWORD.
# The database, the files, .env and chatelier.toml lie in /data.
ENV PATH=/opt/chatelier/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    WEB_HOST=0.0.0.0 \
    WEB_PORT=8080 \
    STORAGE_URL=sqlite:////data/chatelier.db \
    STORAGE_FILES=/data/files
RUN useradd --system --uid 10001 --no-create-home chatelier && install -d -o chatelier -g chatelier /data
COPY --from=build /opt/chatelier /opt/chatelier
WORKDIR /data
VOLUME /data
USER chatelier
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['WEB_PORT'] + '/healthz', timeout=4)"]
CMD ["python", "-m", "bot"]
