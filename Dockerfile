# Forewarn's services, for docker-compose.yml. Python alone: what they need comes as wheels.
FROM python:3.11-slim

WORKDIR /build
COPY pyproject.toml README.md ./
COPY forewarn forewarn
COPY edge edge
COPY gateway gateway
COPY stream stream
COPY alerts alerts
COPY console console
COPY simulators simulators
RUN pip install --no-cache-dir '.[all]' && useradd --create-home forewarn

USER forewarn
WORKDIR /home/forewarn
ENTRYPOINT ["forewarn"]
