# Two images from one build: `gateway` carries the gateway alone, `demo` the
# workbench with its services and load. Both are FROM scratch and not root: there
# is no shell, nothing is written, and no capability is needed, so they run with
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges …
# Docker lets everybody bind ports below 1024 inside a container
# (net.ipv4.ip_unprivileged_port_start=0), so listeners on :80 and :443 work, too.
# Certificates, keys and tokens are mounted, and readable for user 65532.
FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY . .
ARG VERSION=unknown
ARG COMMIT=unknown
ENV CGO_ENABLED=0 GOFLAGS="-trimpath -buildvcs=false -tags=remove_all_sd"

FROM build AS build-gateway
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -ldflags "-s -w -X main.version=$VERSION -X main.commit=$COMMIT" -o /out/hopscope ./cmd/hopscope

FROM build AS build-demo
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -ldflags "-s -w -X main.version=$VERSION -X main.commit=$COMMIT" -o /out/hoplab ./cmd/hoplab

FROM scratch AS gateway
# For upstreams whose certificates are verified with the system's roots.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build-gateway /out/hopscope /hopscope
USER 65532:65532
EXPOSE 8080 9901
# Asks the admin server on its default address. Where that is another, or it has
# TLS, override it: hopscope health --admin https://… --ca … --server-name …; no
# token is needed.
HEALTHCHECK --interval=10s --timeout=6s --start-period=20s CMD ["/hopscope", "health"]
ENTRYPOINT ["/hopscope"]
CMD ["serve", "--config", "/etc/hopscope/hopscope.yaml"]

FROM scratch AS demo
COPY --from=build-demo /out/hoplab /hoplab
USER 65532:65532
ENTRYPOINT ["/hoplab"]
