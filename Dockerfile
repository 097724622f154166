# The grader with its locked dependencies and torch for the CPU. docs/platforms.md says how to run it.
# The image holds the solutions and the hidden checks: never push it where students can pull it.
FROM python:3.11-slim-bookworm AS environment
ENV PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN apt-get update \
    && apt-get install -y --no-install-recommends make git \
    && rm -rf /var/lib/apt/lists/*
COPY requirements.lock /tmp/
RUN python -m pip install --require-hashes -r /tmp/requirements.lock \
    && python -m pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu

FROM environment AS grader
WORKDIR /opt/grader
COPY pyproject.toml README.md LICENSE requirements.lock rubric.yaml ./
COPY grader grader
COPY starter starter
COPY solutions solutions
COPY presets presets
# The build backend is in the lock file, so nothing is downloaded here.
RUN python -m pip install --no-deps --no-build-isolation --editable .
RUN useradd --create-home grader && mkdir /course && chown grader /course
# Results, secret and the memory of the self-check lie in the folder that is mounted.
ENV RNN_GRADER_OUT_DIR=/course/results \
    RNN_GRADER_SECRET_FILE=/course/.course-secret \
    RNN_GRADER_SELF_CHECK_FILE=/course/.self-check.json \
    RNN_GRADER_FLOOR=landlock \
    RNN_GRADER_CONTAINED_BY=Docker
USER grader
WORKDIR /course
ENTRYPOINT ["grader"]
