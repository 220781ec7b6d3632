# The grading host: the course with its grader on Debian, and one class folder that is mounted.
#   docker build --tag grader .
#   docker run --rm --network none --volume "$PWD/class:/class" grader grade 05-optimizers
# It runs as root of the container, without any flag: the walls `room` need root's capabilities there.
# With --user, the walls `bare` are taken. course/deployment.md says more.
FROM debian:bookworm-slim

# hadolint ignore=DL3008  # Debian has one version of each package, and corrects faults in it
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap make python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /course
COPY . .
RUN make env \
    && .venv/bin/python -m compileall -q autograder utils \
    && rm -rf ~/.cache

WORKDIR /class
ENTRYPOINT ["/course/.venv/bin/autograder", "--root", "/course", "--course", "/class"]
CMD ["doctor"]
