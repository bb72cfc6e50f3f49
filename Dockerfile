FROM python:3.11-slim AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/scrubrelay
# The dependencies alone first: this layer stays while only our own code changes.
COPY requirements.lock ./
RUN /opt/scrubrelay/bin/pip install --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY patterns ./patterns
COPY scrubrelay ./scrubrelay
RUN pip wheel --no-deps --wheel-dir /wheels . \
    && /opt/scrubrelay/bin/pip install --no-deps --no-index --find-links /wheels scrubrelay \
    && /opt/scrubrelay/bin/python -m compileall -q /opt/scrubrelay/lib

FROM python:3.11-slim
LABEL org.opencontainers.image.title="scrubrelay" \
      org.opencontainers.image.description="Scrubs what your apps send to Sentry, on your own machine, before it leaves." \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/scrubrelay /opt/scrubrelay
# The one folder that is written to: everything else may be read-only.
RUN install -d -o 10001 -g 10001 -m 0700 /data
ENV PATH=/opt/scrubrelay/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SCRUBRELAY_DATA_DIR=/data \
    PORT=3000
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["scrubrelay", "healthcheck"]
ENTRYPOINT ["scrubrelay"]
CMD ["serve"]
