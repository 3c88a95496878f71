# One Dockerfile for every service: `docker build --build-arg SERVICE=lobby .` from the root.
FROM python:3.13-slim AS base
ENV PYTHONUNBUFFERED=1 PATH=/app/.venv/bin:$PATH
WORKDIR /app
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=6 CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=3)"]

FROM base AS uv
RUN pip install --no-cache-dir --root-user-action=ignore "uv>=0.13,<0.14"
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never UV_NO_CACHE=1
COPY pyproject.toml uv.lock ./
COPY libs/contracts/pyproject.toml libs/contracts/
COPY libs/acoustics/pyproject.toml libs/acoustics/
COPY libs/chassis/pyproject.toml libs/chassis/
COPY gateway/pyproject.toml gateway/
COPY lobby/pyproject.toml lobby/
COPY measurement/pyproject.toml measurement/
COPY simulation/pyproject.toml simulation/
COPY storage/pyproject.toml storage/
COPY clients/python/pyproject.toml clients/python/

FROM uv AS build
ARG SERVICE
RUN uv sync --frozen --no-dev --no-install-workspace --all-extras --package "sonalyze-$SERVICE"
COPY libs libs
COPY $SERVICE $SERVICE
RUN uv sync --frozen --no-dev --no-editable --all-extras --package "sonalyze-$SERVICE"

# What compose.dev.yml runs: the whole workspace, editable, with the test tools.
FROM uv AS dev
RUN uv sync --frozen --no-install-workspace --all-packages --all-groups
COPY . .
RUN uv sync --frozen --all-packages --all-groups
ARG SERVICE
ENV SERVICE=$SERVICE
WORKDIR /app/$SERVICE
CMD exec uvicorn "sonalyze_$SERVICE.main:app" --host 0.0.0.0 --port 8000 \
    --reload --reload-dir /app/libs --reload-dir "/app/$SERVICE"

FROM base AS service
RUN useradd --system --uid 10001 --create-home sonalyze \
    && mkdir /data && chown sonalyze:sonalyze /data
COPY --from=build /app/.venv /app/.venv
ARG SERVICE
ENV SERVICE=$SERVICE
USER sonalyze
WORKDIR /home/sonalyze
# Where `alembic` finds which migrations are meant: docker compose exec storage alembic current
COPY $SERVICE/pyproject.toml ./
CMD exec python -m sonalyze_chassis.serve "sonalyze_$SERVICE.main:app" --host 0.0.0.0 --port 8000
