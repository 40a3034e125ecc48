# hopscope: every task of the project. `make` alone lists them.

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS   += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

GO    ?= go
CACHE := .cache
TOOLS := $(CACHE)/bin

# One set of build flags for everything that is not a race test, so that the
# large dependencies (Prometheus, gRPC) are compiled once. remove_all_sd leaves
# Prometheus' cloud service discoveries out: 3 minutes instead of 14.
export GOFLAGS     := -trimpath -buildvcs=false -tags=remove_all_sd
export CGO_ENABLED := 0
# Tests find promtool, h2spec and the interop programs by name, the console's build a
# Node.js that make tools brought.
export PATH        := $(abspath $(TOOLS)):$(abspath $(CACHE)/node/node_modules/.bin):$(PATH)

# Race tests need cgo, and real source paths in a failing test's output.
GOTEST := CGO_ENABLED=1 $(GO) test -race -trimpath=false -timeout 20m
E2E    := ./gateway/e2e

# Versions of what go.mod cannot hold as a `tool` line.
H2SPEC_VERSION := v2.2.1+incompatible

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT  ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
LDFLAGS  = -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)

##@ Use

.PHONY: help
help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z0-9-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: bin/hopscope bin/hoplab ## bin/hopscope (the gateway) and bin/hoplab (the workbench), static

.PHONY: demo
demo: node build ## gateway, services, load and Prometheus on this machine; ARGS="--help" teaches
	@exec bin/hoplab demo $(ARGS)

##@ Check

.PHONY: test
test: tools test-unit test-e2e test-rules test-rules-long test-console ## every test: race detector, conformance, end to end, alert rules, browser

.PHONY: test-unit
test-unit: tools $(TOOLS)/promtool ## the Go tests of every package but the end-to-end ones, with the race detector
	packages=$$($(GO) list ./... | grep -v '/gateway/e2e$$'); \
	  $(GOTEST) $$packages

.PHONY: test-e2e
test-e2e: tools e2e-tools bin/hopscope ## h2spec, gRPC interop, load, drain, traces against the real gateway
	HOPSCOPE_BIN=$(abspath bin/hopscope) $(GOTEST) $(E2E)

# What share of the mutants of the rules has to be killed, in percent.
MIN_SCORE ?= 95

.PHONY: test-rules
test-rules: tools $(TOOLS)/promtool bin/hoplab ## every alert on every scenario: static checks, the matrix, stock promtool, coverage, mutants
	promtool check rules alerts/*.rules.yml
	bin/hoplab rules check
	bin/hoplab rules test $(ARGS)
	bin/hoplab rules coverage --min 100
	bin/hoplab rules mutate --min-score $(MIN_SCORE)
	$(GOTEST) ./rules_test/...

.PHONY: test-rules-long
test-rules-long: bin/hoplab ## the same for windows of hours and days: days spliced from recordings, coverage, mutants
	bin/hoplab rules test --long $(ARGS)
	bin/hoplab rules coverage --long --min 100
	bin/hoplab rules mutate --long --min-score $(MIN_SCORE)

WEB := cmd/hoplab/internal/console/web

.PHONY: test-console
test-console: tools build ## the console: types, units, then every page in Chromium against a running demo
	cd $(WEB) && npm run --silent check && npm test --silent && npm run --silent e2e

.PHONY: mutate-rules
mutate-rules: bin/hoplab ## mutants of every rule: would the scenarios tell? ARGS="--since REVISION": of what a change touches
	bin/hoplab rules mutate --min-score $(MIN_SCORE) $(ARGS)

.PHONY: rules-margins
rules-margins: bin/hoplab ## how far each threshold, and each for, is from another verdict
	bin/hoplab rules margins $(ARGS)

.PHONY: rules-report
rules-report: bin/hoplab ## bin/rules-report.html: every alert over every scenario as a picture; ARGS="--phases 20"
	bin/hoplab rules report --out bin/rules-report.html $(ARGS)

.PHONY: lint
lint: tools ## vet, staticcheck, gofumpt, and generated files are up to date
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	unformatted=$$($(GO) tool gofumpt -l .); \
	  test -z "$$unformatted" || { printf 'not formatted, run go tool gofumpt -w on:\n%s\n' "$$unformatted" >&2; exit 1; }
	before=$$($(TREE_SUMS)); $(MAKE) generate; after=$$($(TREE_SUMS)); \
	  diff <(echo "$$before") <(echo "$$after") >&2 || { echo "generated files were stale: commit what make generate wrote" >&2; exit 1; }

# Sums of every file that git does not ignore: tells what `generate` changed
# even where the work tree already differs from the last commit.
TREE_SUMS = git ls-files -co --exclude-standard | sort -u | while read -r f; do test ! -f "$$f" || sha256sum "$$f"; done

.PHONY: check
check: ## exactly what CI runs
	bash .ci/run

# How long each target of `make fuzz` runs, and which.
FUZZTIME ?= 20s
FUZZ     ?= .

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (20s); FUZZ=regexp: only those that match
	@failed=; \
	for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' cmd gateway rules_test telemetry | xargs -n1 dirname | sort -u); do \
	  for target in $$($(GO) test -list '^Fuzz' ./$$dir | grep '^Fuzz' | grep -E '$(FUZZ)'); do \
	    echo "== $$target of ./$$dir"; \
	    $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x ./$$dir || failed="$$failed $$target"; \
	  done; \
	done; \
	test -z "$$failed" || { echo "fuzz: inputs that fail are below testdata/fuzz of:$$failed" >&2; exit 1; }

.PHONY: load-1m
load-1m: tools e2e-tools bin/hopscope ## 1,000,000 requests through the gateway without one failure
	HOPSCOPE_BIN=$(abspath bin/hopscope) $(GOTEST) -count=1 -v -run '^TestLoad' $(E2E) -requests 1000000

# How long `make soak` lasts. The test bounds itself: go test's timeout is above.
SOAK ?= 30m

.PHONY: soak
soak: tools e2e-tools bin/hopscope ## 30 minutes of mixed traffic, faults and attacks: nothing grows; SOAK=10m: another time
	HOPSCOPE_BIN=$(abspath bin/hopscope) $(GOTEST) -timeout 24h -count=1 -v -run '^TestSoak' $(E2E) -soak $(SOAK)

.PHONY: e2e-jaeger
e2e-jaeger: bin/hopscope ## the three-hop trace, read back from a real Jaeger: JAEGER=http://host:16686 [JAEGER_COLLECTOR=http://host:14268/api/traces]
	@test -n "$(JAEGER)" || { echo "e2e-jaeger: name the Jaeger to use, for example make e2e-jaeger JAEGER=http://127.0.0.1:16686" >&2; exit 1; }
	HOPSCOPE_BIN=$(abspath bin/hopscope) $(GOTEST) -count=1 -v -run '^TestTrace' $(E2E) -jaeger "$(JAEGER)" -jaeger-collector "$(JAEGER_COLLECTOR)"

# A run that is told what to do keeps nothing: the document is about a whole one.
BENCH_RESULTS := cmd/hoplab/internal/bench/results/results.json

.PHONY: bench
bench: build ## hopscope beside nghttpx, HAProxy and net/http, into BENCHMARKS.md; BENCH_ARGS="--quick": does it work?
	@bash .ci/tools bench
	PATH="$$PATH:/usr/sbin" bin/hoplab bench $(or $(BENCH_ARGS),--json $(BENCH_RESULTS))
	$(GO) generate ./cmd/hoplab/internal/bench

ATTACK_RESULTS := cmd/hoplab/internal/bench/siege/results/results.json

.PHONY: bench-attack
bench-attack: build ## every known attack on hopscope, nghttpx and HAProxy, into SECURITY.md; ATTACK_ARGS=--quick: does it work? ATTACK_MORE=--resume: go on
	@bash .ci/tools bench
	PATH="$$PATH:/usr/sbin" bin/hoplab attack $(or $(ATTACK_ARGS),--json $(ATTACK_RESULTS) $(ATTACK_MORE))
	$(GO) generate ./cmd/hoplab/internal/bench/siege

.PHONY: compose-proof
compose-proof: ## bring docker-compose.yml up without an image registry and prove its wiring (root)
	bash deploy/compose-proof.sh

##@ Write

.PHONY: record
record: build ## record the series of rules_test/ anew from real faults of the demo
	bin/hoplab rules record $(ARGS)

.PHONY: generate
generate: tools ## every generated file: metrics page, dashboards, protobuf, rule tests
	$(GO) generate ./...

.PHONY: clean
clean: ## remove what the targets above built (not Go's own cache)
	rm -rf bin $(CACHE)

##@ Tools

.PHONY: tools
tools: ## install the Debian packages that tests and generators use
	@bash .ci/tools

.PHONY: node
node: ## Node.js for the console, where it can be installed; without it hoplab has no console
	@bash .ci/tools console || echo "make: going on without the console in the browser" >&2

.PHONY: e2e-tools
e2e-tools: $(TOOLS)/h2spec $(TOOLS)/interop-client $(TOOLS)/interop-server

$(TOOLS)/h2spec:
	@mkdir -p $(TOOLS)
	GOBIN=$(abspath $(TOOLS)) $(GO) install github.com/summerwind/h2spec/cmd/h2spec@$(H2SPEC_VERSION)

$(TOOLS)/promtool: go.mod go.sum
	$(GO) build -ldflags '-s -w' -o $@ github.com/prometheus/prometheus/cmd/promtool

$(TOOLS)/interop-%: go.mod go.sum
	$(GO) build -ldflags '-s -w' -o $@ google.golang.org/grpc/interop/$*

# The console's front end. Rewritten only when that changes.
$(CACHE)/web: FORCE
	@bash .ci/web $@

bin/hoplab: $(CACHE)/web

# Rewritten only when it changes, so that an unchanged tree links nothing.
$(CACHE)/version: FORCE
	@mkdir -p $(CACHE); echo '$(LDFLAGS)' | cmp -s - $@ || echo '$(LDFLAGS)' > $@

.PHONY: FORCE
FORCE:

SOURCES = $(wildcard $(shell git ls-files -co --exclude-standard -- cmd gateway telemetry alerts dashboards rules_test go.mod go.sum | \
  grep -vE '_test\.go$$|/testdata/|^gateway/e2e/|/console/web/'))

bin/%: $(SOURCES) $(CACHE)/version
	$(GO) build -ldflags '$(LDFLAGS)' -o $@ ./cmd/$*
	@touch $@
