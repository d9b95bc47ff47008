# Freshet as a container: built from this tree, run as a user of its own, its state on a volume.
# docker-compose.yml builds it and adds a Kafka and a simulated shop.

FROM debian:bookworm-slim AS build
WORKDIR /freshet
COPY packages.txt ./
COPY tools tools
RUN tools/set-up build
COPY . .
RUN tools/build release
# The packages whose libraries the program is linked with, for the next stage to install.
RUN mkdir debian && touch debian/control && \
    dpkg-shlibdeps -O build/release/freshet | \
      sed 's/^shlibs:Depends=//; s/([^)]*)//g; s/,/\n/g' | tr -d ' ' >build/release/libraries

FROM debian:bookworm-slim
COPY --from=build /freshet/build/release/libraries /tmp/libraries
RUN apt-get update -q && \
    DEBIAN_FRONTEND=noninteractive xargs apt-get install -q -y --no-install-recommends \
      ca-certificates </tmp/libraries && \
    rm -rf /tmp/libraries /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/apt /var/log/dpkg.log && \
    groupadd --gid 10001 freshet && \
    useradd --uid 10001 --gid freshet --no-create-home --home-dir /var/lib/freshet \
      --shell /usr/sbin/nologin freshet && \
    install -d -o freshet -g freshet -m 750 /var/lib/freshet
COPY --from=build /freshet/build/release/freshet /usr/local/bin/
COPY config/kafka.json /etc/freshet/

# Numeric, so that Kubernetes can see that it is not root.
USER 10001:10001
WORKDIR /var/lib/freshet
VOLUME /var/lib/freshet
# Stronger than a configuration file: wherever that puts the state, here it belongs on the volume.
ENV FRESHET_STATE__PATH=/var/lib/freshet/state
# Reads the whole state, as another process and without stopping the run.
HEALTHCHECK --interval=30s --timeout=30s --start-period=60s CMD ["freshet", "inspect", "state", "--brief"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["freshet"]
CMD ["run", "--config", "/etc/freshet/kafka.json"]
