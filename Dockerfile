# One image for every process of the platform; the command chooses which.

FROM python:3.11-slim-bookworm AS build
# For machines with a package index of their own. They end with this stage: the image keeps no trace of them.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/silo
WORKDIR /src
# The dependencies first, so that a change of the code does not download them again.
COPY pyproject.toml ./
RUN /opt/silo/bin/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > requirements.txt \
    && /opt/silo/bin/pip install --requirement requirements.txt
COPY README.md LICENSE ./
COPY shared shared
COPY control_silo control_silo
COPY region_silo region_silo
RUN /opt/silo/bin/pip install --no-deps .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent silo
COPY --from=build /opt/silo /opt/silo
ENV PATH=/opt/silo/bin:$PATH PYTHONUNBUFFERED=1 PYTHONSAFEPATH=1
USER silo
WORKDIR /tmp
CMD ["python", "-m", "control_silo", "serve"]
