#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image of the assignment.
set -euo pipefail

root="${AUTOGRADER_ROOT:-/autograder}"
cd "$root/source"

apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    python3.11 python3.11-venv
python3.11 -m venv "$root/venv"
"$root/venv/bin/python" -m pip install --quiet --require-hashes -r requirements.lock
"$root/venv/bin/python" -m pip install --quiet torch==2.13.0 \
    --index-url https://download.pytorch.org/whl/cpu

# The solutions, the hidden checks and the secret are for root alone.
chmod -R go= "$root/source"
chmod 600 .course-secret

# Once here, so that no student waits for it; a machine that grades wrongly makes no image.
"$root/venv/bin/python" -m grader check
