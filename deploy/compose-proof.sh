#!/usr/bin/env bash
# Brings docker-compose.yml up without an image registry and proves its wiring:
# networks, names, mounts, health checks, scrape targets, rules, alerts.
#
# Real: Docker and compose, the gateway, the demo's services and load (FROM
# scratch, as in the Dockerfile), Prometheus (from its Go module), Alertmanager
# (Debian's, an older one). Stand-ins that only listen, answer their health check
# and see their mounts: Jaeger and Grafana.
#
# Everything runs in network, mount and process namespaces of its own, so it can
# neither clash with nor outlive this script. Needs root, Go and Debian.
set -euo pipefail
cd "$(dirname "$0")/.."
[[ $(id -u) == 0 ]] || { echo "compose-proof: must run as root (it starts dockerd): sudo make compose-proof" >&2; exit 1; }

compose_version=v2.40.3
prometheus_module=v0.315.0
tools=$PWD/.cache/bin
compose=$tools/docker-compose-$compose_version
prometheus=$tools/prometheus-$prometheus_module

# --- outside the namespaces: whatever needs the network -----------------------

# from_module NAME PACKAGE VERSION builds a program in a module of its own: its
# dependencies are none of the project's.
from_module() {
  [[ -x $1 ]] && return
  local scratch
  scratch=$(mktemp -d)
  printf 'module scratch\ngo 1.26.0\n' >"$scratch/go.mod"
  printf 'package scratch\nimport _ "%s"\n' "$2" >"$scratch/tool.go"
  sed -i '1i //go:build tool' "$scratch/tool.go"
  (cd "$scratch" && go get "$2@$3" && go build -ldflags '-s -w' -o "$1" "$2")
  rm -r "$scratch"
}

if [[ -z ${COMPOSE_PROOF_INSIDE:-} ]]; then
  make build "${tools#"$PWD"/}/promtool"
  DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends \
    docker.io iptables iproute2 busybox-static prometheus-alertmanager </dev/null >/dev/null || {
    echo "compose-proof: apt-get install failed: run apt-get update first" >&2
    exit 1
  }
  export CGO_ENABLED=0 GOFLAGS="-trimpath -buildvcs=false -tags=remove_all_sd"
  from_module "$compose" github.com/docker/compose/v2/cmd "$compose_version"
  from_module "$prometheus" github.com/prometheus/prometheus/cmd/prometheus "$prometheus_module"
  exec env COMPOSE_PROOF_INSIDE=1 \
    unshare --net --mount --pid --fork --kill-child --mount-proc bash "$0"
fi

# --- inside ------------------------------------------------------------------

work=$(mktemp -d)
export DOCKER_HOST=unix://$work/docker.sock
daemon=
finish() {
  local status=$?
  if [[ $status != 0 ]]; then
    echo "compose-proof: FAILED" >&2
    "$compose" ps -a >&2 || true
    "$compose" logs --tail 15 >&2 || true
    tail -5 "$work/dockerd.log" >&2 || true
  fi
  "$compose" down --volumes --timeout 5 >/dev/null 2>&1 || true
  if [[ -n $daemon ]]; then
    kill "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
  fi
  rm -rf "$work"
  exit $status
}
trap finish EXIT

ip link set lo up
dockerd --host "$DOCKER_HOST" --data-root "$work/data" --exec-root "$work/exec" \
  --pidfile "$work/pid" >"$work/dockerd.log" 2>&1 &
daemon=$!

# within SECONDS WHAT COMMAND... repeats the command until it succeeds.
within() {
  local until=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >"$work/last" 2>&1; do
    kill -0 "$daemon" || { echo "compose-proof: dockerd ended" >&2; return 1; }
    ((SECONDS < until)) || { echo "compose-proof: $what: not in time, last: $(tail -3 "$work/last")" >&2; return 1; }
    sleep 0.5
  done
  echo "ok: $what"
}
within 60 "dockerd answers" docker version

# image NAME CHANGE... makes an image of the folder $work/root.
image() {
  local name=$1
  shift
  tar -C "$work/root" -c . | docker import "${@/#/--change=}" - "$name" >/dev/null
  rm -rf "$work/root"
  echo "image: $name"
}
# with_libraries PROGRAM TARGET copies a dynamic program and what it is linked with.
with_libraries() {
  local library
  install -D "$1" "$work/root$2"
  # A static program has none.
  { ldd "$1" 2>/dev/null | grep -o '/[^ ]*' || true; } | while read -r library; do
    install -D "$library" "$work/root$library"
  done
}
busybox_root() {
  install -D /bin/busybox "$work/root/bin/busybox"
  for applet in sh wget httpd nc cat head; do ln -s busybox "$work/root/bin/$applet"; done
  install -d -m 1777 "$work/root/tmp"
}

install -D bin/hopscope "$work/root/hopscope"
image hopscope/gateway:dev 'ENTRYPOINT ["/hopscope"]' 'USER 65532:65532' 'HEALTHCHECK --interval=1s CMD ["/hopscope", "health"]' \
  'CMD ["serve", "--config", "/etc/hopscope/hopscope.yaml"]'

install -D bin/hoplab "$work/root/hoplab"
image hopscope/demo:dev 'ENTRYPOINT ["/hoplab"]' 'USER 65532:65532'

install -D "$prometheus" "$work/root/bin/prometheus"
with_libraries "$tools/promtool" /bin/promtool
install -d -o 65534 "$work/root/prometheus"
image prom/prometheus:v3.15.0 'ENTRYPOINT ["/bin/prometheus"]' 'USER 65534' 'ENV PATH=/bin' 'WORKDIR /prometheus'

with_libraries /usr/bin/prometheus-alertmanager /bin/alertmanager
with_libraries /usr/bin/amtool /bin/amtool
install -D -m 644 /usr/share/prometheus/alertmanager/*.tmpl -t "$work/root/usr/share/prometheus/alertmanager"
install -d -o 65534 "$work/root/alertmanager"
image prom/alertmanager:v0.34.2 'ENTRYPOINT ["/bin/alertmanager"]' 'USER 65534' 'ENV PATH=/bin' 'WORKDIR /alertmanager'

busybox_root
mkdir -p "$work/root/www"
touch "$work/root/www/status" "$work/root/www/metrics"
# Takes one batch of spans: reads the whole request, answers as a collector does.
install -D -m 755 /dev/stdin "$work/root/bin/take" <<'EOS'
#!/bin/sh
length=0
while read -r name value; do
  case $name in
  [Cc]ontent-[Ll]ength:) length=${value%?} ;;
  ?) break ;; # the empty line is a carriage return
  esac
done
head -c "$length" >/dev/null
echo "$length bytes" >>/tmp/batches
printf 'HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'
EOS
image jaegertracing/jaeger:2.20.0 'ENV PATH=/bin' 'USER 10001' \
  'CMD ["sh", "-c", "nc -ll -p 14268 -e take & for p in 16686 8888; do httpd -p $p -h /www; done; exec httpd -f -p 13133 -h /www"]'

busybox_root
install -D /dev/stdin "$work/root/www/api/health" <<<'{"database":"ok"}'
# The health check calls curl -fsS URL.
install -D -m 755 /dev/stdin "$work/root/bin/curl" <<<$'#!/bin/sh\nexec wget -qO- "$2"'
image grafana/grafana:13.2.0 'ENV PATH=/bin' 'USER 472' 'CMD ["httpd", "-f", "-p", "3000", "-h", "/www"]'

"$compose" config --quiet
"$compose" up --detach --no-build --pull never --wait --wait-timeout 180
echo "ok: every service is healthy"

# --- what each container may do -------------------------------------------------

# confined NAME CONTAINER [writable]: the process in it is not root, has no
# capability, cannot gain any, and its root is read-only.
confined() {
  local pid status
  pid=$(docker inspect --format '{{.State.Pid}}' "$2")
  status=$(<"/proc/$pid/status")
  grep -qE '^Uid:\s+[1-9]' <<<"$status" &&
    grep -qE '^CapEff:\s+0+$' <<<"$status" && grep -qE '^CapBnd:\s+0+$' <<<"$status" &&
    grep -qE '^NoNewPrivs:\s+1$' <<<"$status" || {
    echo "compose-proof: $1 is not confined: $(grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs)' <<<"$status" | tr '\n' ' ')" >&2
    return 1
  }
  [[ ${3-} == writable ]] || grep -qE '^[^ ]+ / [^ ]+ ro[, ]' "/proc/$pid/mounts" || {
    echo "compose-proof: the root of $1 is writable: $(grep ' / ' "/proc/$pid/mounts")" >&2
    return 1
  }
  echo "ok: confined: $1"
}
for service in $("$compose" ps --services); do
  case $service in jaeger | grafana) writable=writable ;; *) writable= ;; esac
  confined "$service" "$("$compose" ps --quiet "$service")" $writable
done

# The gateway's image alone, with a port below 1024 and the image's health check.
cat >"$work/low.yaml" <<'EOS'
listeners: [{name: edge, address: "0.0.0.0:80"}]
upstreams: [{name: none-there, endpoints: ["127.0.0.1:1"]}]
routes: [{name: all, upstream: none-there}]
EOS
docker run --detach --name low-port --read-only --cap-drop ALL --security-opt no-new-privileges \
  --volume "$work/low.yaml:/etc/hopscope/hopscope.yaml:ro" hopscope/gateway:dev >/dev/null
healthy() { [[ $(docker inspect --format '{{.State.Health.Status}}' low-port) == healthy ]]; }
within 60 "a gateway on port 80 is healthy" healthy
confined "the gateway on port 80" low-port
docker rm --force low-port >/dev/null

# --- what the wiring must carry ------------------------------------------------

query() { "$tools/promtool" query instant http://127.0.0.1:9090 "$1"; }
# holds EXPRESSION: the query returns at least one series.
holds() { [[ -n $(query "$1") ]]; }
fetch() { curl -fsS --max-time 5 "$@"; }

within 30 "published: gateway, readyz" fetch http://127.0.0.1:9901/readyz
within 30 "published: gateway, a route" fetch --http2-prior-knowledge "http://127.0.0.1:8080/orders/export?bytes=1000"
for port in 9090/-/ready 9093/-/ready 16686/status 3000/api/health; do
  within 30 "published: $port" fetch "http://127.0.0.1:$port"
done
for job in hopscope prometheus alertmanager; do
  within 60 "scraped: $job" holds "up{job=\"$job\"} == 1"
done
# The stand-in's page of metrics is empty: the target answers, that is the wiring.
within 60 "target exists: jaeger" holds 'up{job="jaeger"}'
for upstream in users profiles orders; do
  within 90 "traffic flows to $upstream" holds "sum(rate(hopscope_requests_total{upstream=\"$upstream\"}[30s])) > 0"
done
within 60 "native histograms arrive" holds 'histogram_count(sum(rate(hopscope_request_duration_seconds[1m]))) > 0'
within 60 "classic histograms arrive" holds 'sum(rate(hopscope_request_duration_seconds_bucket{le="+Inf"}[1m])) > 0'
within 60 "exemplars are stored" bash -c "curl -fsS --data-urlencode 'query=hopscope_request_duration_seconds_bucket' \
  'http://127.0.0.1:9090/api/v1/query_exemplars?start=$(date +%s -d -5min)&end=$(date +%s -d +5min)' | grep -q trace_id"
within 30 "rules are loaded" bash -c 'curl -fsS http://127.0.0.1:9090/api/v1/rules | grep -q "\"type\":\"alerting\""'
within 30 "Prometheus knows Alertmanager" bash -c 'curl -fsS http://127.0.0.1:9090/api/v1/alertmanagers | grep -q alertmanager:9093'

within 60 "spans are taken" holds 'sum(jaeger_tracer_reporter_spans_total{result="ok"}) > 0'

inside() { "$compose" exec -T "$@"; }
within 10 "spans reach jaeger:14268" inside jaeger cat /tmp/batches
for url in http://prometheus:9090/-/ready http://alertmanager:9093/-/ready http://jaeger:16686/status; do
  within 10 "grafana reaches $url" inside grafana wget -qO- "$url"
done
for file in /etc/grafana/provisioning/datasources/hopscope.yml /etc/grafana/provisioning/dashboards/hopscope.yml \
  /var/lib/grafana/dashboards/hopscope-overview.json; do
  within 5 "grafana reads $file" inside grafana cat "$file"
done

# A fault travels the whole way: the gateway stops, Prometheus notices, the alert
# arrives at Alertmanager.
alerts() { curl -fsS http://127.0.0.1:9093/api/v2/alerts; }
down() { alerts | grep -q '"alertname":"HopscopeDown"'; }
! down || { echo "compose-proof: HopscopeDown fires while the gateway runs" >&2; exit 1; }
"$compose" stop gateway
within 180 "HopscopeDown arrives at Alertmanager" down
"$compose" start gateway
within 90 "the gateway is scraped again" holds 'up{job="hopscope"} == 1'

echo "compose-proof: the wiring holds"
