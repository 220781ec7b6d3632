#!/usr/bin/env bash
# Gradescope runs this as root when it builds the image. Beside it in the zip: run_autograder, and the course as course/.
set -euo pipefail
apt-get update
apt-get install -y --no-install-recommends make python3 python3-venv
cp -a /autograder/source/course /autograder/course
make -C /autograder/course env
