# Tidewaiter: tidewaiterd, tidewaiter and the cage, on a small Debian.
#   buildah bud --isolation chroot -t tidewaiter .
FROM debian:bookworm-slim AS build
COPY deploy/install.sh deploy/packages /src/deploy/
RUN /src/deploy/install.sh build
COPY CMakeLists.txt /src/
COPY cmake /src/cmake
COPY scanner /src/scanner
COPY api /src/api
COPY daemon /src/daemon
RUN cmake -S /src -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release -DTW_TESTS=OFF -DTW_PACKAGE=OFF \
    && cmake --build /build \
    && strip /build/bin/*

FROM debian:bookworm-slim
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates libarchive13 libisal2 libjansson4 libseccomp2 libmicrohttpd12 libgnutls30 \
        libcurl4 libsqlite3-0 libyaml-0-2 libzstd1 libssl3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 65532 --home-dir /var/lib/tidewaiter --create-home tidewaiter
COPY --from=build /build/bin/tidewaiterd /build/bin/tidewaiter /build/bin/tidewaiter-layer \
    /build/bin/tidewaiter-certificate /usr/bin/
USER 65532:65532
# Others can reach it, so it has to be said who may ask what: TIDEWAITER_ACCESS=FILE, or =open.
ENV TIDEWAITER_LISTEN=0.0.0.0:8055 \
    TIDEWAITER_DATA_DIR=/var/lib/tidewaiter
VOLUME /var/lib/tidewaiter
EXPOSE 8055
HEALTHCHECK --interval=30s --timeout=3s CMD ["tidewaiterd", "--check"]
ENTRYPOINT ["tidewaiterd"]
