# One image for every process of the platform; the command chooses which.

FROM python:3.11-slim-bookworm AS build
# For machines with a package index of their own. They end with this stage: the image keeps no trace of them.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# Pip and setuptools stay in the environment that builds; what is built has neither.
RUN python -m venv /opt/build && python -m venv --without-pip /opt/silo
ENV INTO_SILO="/opt/build/bin/python -m pip --python /opt/silo/bin/python install"
WORKDIR /src
# The dependencies first, so that a change of the code does not download them again; each by the hash in the lock.
COPY requirements/build.txt requirements/runtime.txt requirements/
RUN /opt/build/bin/python -m pip install --require-hashes --requirement requirements/build.txt \
    && $INTO_SILO --require-hashes --requirement requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY shared shared
COPY control_silo control_silo
COPY region_silo region_silo
COPY simulator simulator
RUN /opt/build/bin/python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && $INTO_SILO --no-deps --no-index /wheels/*.whl

FROM python:3.11-slim-bookworm
# The base image's own installer goes: nothing that runs here installs anything.
RUN find / -xdev \( -path '*-packages/pip*' -o -path '*-packages/setuptools*' -o -path '*-packages/wheel*' \
        -o -path '*-packages/pkg_resources' -o -path '*-packages/_distutils_hack' -o -path '*-packages/distutils-precedence.pth' \
        -o -path '*/ensurepip' -o -path '*/python-wheels' -o -path '*/bin/pip*' -o -path '*/bin/wheel*' \) \
        -prune -exec rm -rf {} +
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent silo
COPY --from=build /opt/silo /opt/silo
ENV PATH=/opt/silo/bin:$PATH PYTHONUNBUFFERED=1 PYTHONSAFEPATH=1
USER silo
WORKDIR /tmp
CMD ["python", "-m", "control_silo", "serve"]
