# Greenline as a small image: the program, git 2.40 or newer (which is why it is not Debian bookworm), and root certificates.
#
#   docker build -t greenline .
#   docker run -p 8080:8080 -v greenline:/var/lib/greenline -v "$PWD/settings:/etc/greenline:ro" greenline
#
# /etc/greenline holds bot.toml, the App's key and the webhook secret, readable by user 10001 and nobody else.

FROM rust:1-slim-trixie AS build
WORKDIR /build
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --locked --release && cp target/release/greenline /greenline

FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/greenline --create-home greenline
COPY --from=build /greenline /usr/local/bin/greenline

# These stand above bot.toml: outside of the volume nothing can be written, and a container listens to its network.
ENV GREENLINE__SERVER__LISTEN=0.0.0.0:8080 \
    GREENLINE__STORE__PATH=/var/lib/greenline/greenline.db \
    GREENLINE__GIT__CACHE_DIR=/var/lib/greenline/cache

USER greenline
VOLUME /var/lib/greenline
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r status <&3 && [[ $status == *' 200 '* ]]"]
ENTRYPOINT ["greenline"]
CMD ["serve", "--config", "/etc/greenline/bot.toml"]
