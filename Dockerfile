# Two images from one build: `gateway` carries the gateway alone, `demo` the
# workbench with its services and load. Both are FROM scratch and not root.
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
ENTRYPOINT ["/hopscope"]
CMD ["serve", "--config", "/etc/hopscope/hopscope.yaml"]

FROM scratch AS demo
COPY --from=build-demo /out/hoplab /hoplab
USER 65532:65532
ENTRYPOINT ["/hoplab"]
