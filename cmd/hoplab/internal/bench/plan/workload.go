package plan

// Kind is how a workload is measured.
type Kind int

// Kinds of workload.
const (
	Load            Kind = iota // requests as fast as they are answered; CPU
	IdleStreams                 // open streams without a byte; memory
	IdleConnections             // connections after one request each; memory
	Scrape                      // scrapes of /metrics under a fixed rate of requests
)

// Metrics that workloads yield. All are better when smaller.
const (
	CPU         = "cpu"          // µs of CPU per request, or per MiB
	AddedP50    = "added p50"    // µs: median latency through the proxy, less the direct one
	StreamBytes = "stream bytes" // of resident memory per idle open stream
	ConnBytes   = "conn bytes"   // of resident memory per idle connection
	ScrapeTime  = "scrape"       // ms, the slowest of a run
	AddedP99    = "added p99"    // ms: p99 of requests during scrapes, less that of the others
)

// Workload is one row of the benchmarks. Zero values of what a kind does not use.
type Workload struct {
	ID    string
	Title string
	Kind  Kind

	Connections int // downstream
	Streams     int // open at a time on each connection
	Requests    int // in a run, over all connections

	Body    int  // bytes of the request; 0: GET
	File    int  // bytes of the response
	GRPC    bool // 12 header fields, as gRPC sends them
	Unique  bool // four of the fields have another value in each request
	TLS     bool // downstream
	OneCPU  bool // load, proxy and origin share a CPU; latency is measured
	PerMiB  bool // CPU is told per MiB, not per request
	Routes  int  // for each upstream; Scrape only
	Origins int  // upstreams; Scrape only

	Proxies []string
}

// Measure returns what one of the workload's metrics is, in words.
func (w Workload) Measure(metric string) string {
	switch metric {
	case CPU:
		if w.PerMiB {
			return "CPU per MiB"
		}
		return "CPU per request"
	case AddedP50:
		return "added p50"
	case StreamBytes:
		return "memory per stream"
	case ConnBytes:
		return "memory per connection"
	case ScrapeTime:
		return "slowest of 20 scrapes"
	}
	return "added p99 of requests during scrapes"
}

// Unit returns the unit of one of the workload's metrics.
func (w Workload) Unit(metric string) string {
	switch metric {
	case CPU, AddedP50:
		return "µs"
	case StreamBytes, ConnBytes:
		return "bytes"
	}
	return "ms"
}

// Sizes of documents and bodies in bytes.
const (
	small  = 128
	upload = 100
	MiB    = 1 << 20
)

// Find returns the workload with an id; ok is false if there is none.
func Find(id string) (w Workload, ok bool) {
	for _, w := range Workloads() {
		if w.ID == id {
			return w, true
		}
	}
	return Workload{}, false
}

// Workloads returns all of them in the order of tables.
func Workloads() []Workload {
	all := []string{Hopscope, Nghttpx, HAProxy, Reverse}
	ours := append(all[:4:4], Quiet)
	return []Workload{
		{
			ID: "W1", Title: "W1: GET, 128 B", Connections: 10, Streams: 100, Requests: 500_000,
			File: small, Proxies: append(ours[:5:5], TwoCores),
		},
		{
			ID: "W2", Title: "W2: POST 100 B, 12 gRPC fields", Connections: 10, Streams: 100, Requests: 400_000,
			Body: upload, GRPC: true, File: small, Proxies: ours,
		},
		{
			ID: "W1-TLS", Title: "W1 over TLS 1.3", Connections: 10, Streams: 100, Requests: 400_000,
			File: small, TLS: true, Proxies: all,
		},
		{
			ID: "unique", Title: "W2, unique values", Connections: 10, Streams: 100, Requests: 250_000,
			Body: upload, GRPC: true, Unique: true, File: small, Proxies: all,
		},
		{
			ID: "100x10", Title: "W1 on 100 connections × 10 streams", Connections: 100, Streams: 10, Requests: 400_000,
			File: small, Proxies: all,
		},
		{
			ID: "download", Title: "1 MiB responses", Connections: 10, Streams: 10, Requests: 4_000,
			File: MiB, PerMiB: true, Proxies: all,
		},
		{
			ID: "upload", Title: "1 MiB uploads", Connections: 10, Streams: 10, Requests: 4_000,
			Body: MiB, File: small, PerMiB: true, Proxies: all,
		},
		{
			ID: "lone", Title: "1 connection × 1 stream, all on one CPU", Connections: 1, Streams: 1, Requests: 50_000,
			File: small, OneCPU: true, Proxies: all,
		},
		{
			ID: "streams", Title: "20,000 idle open streams", Kind: IdleStreams, Connections: 200, Streams: 100, Proxies: all,
		},
		{
			ID: "connections", Title: "2,000 idle connections", Kind: IdleConnections, Connections: 2000, Proxies: all,
		},
		{
			ID: "connections-TLS", Title: "2,000 idle connections, TLS", Kind: IdleConnections, Connections: 2000, TLS: true, Proxies: all,
		},
		{
			ID: "scrape", Title: "/metrics with 50 routes × 5 upstreams, under load", Kind: Scrape, Connections: 10, Streams: 1,
			Requests: 100_000, Routes: 50, Origins: 5, Proxies: all[:1:1],
		},
	}
}

// Field is a header field of the load.
type Field struct{ Name, Value string }

// GRPCFields returns the twelve fields of W2.
func GRPCFields() []Field {
	return []Field{
		{"content-type", "application/grpc"},
		{"te", "trailers"},
		{"user-agent", "grpc-go/1.85.0"},
		{"grpc-accept-encoding", "gzip"},
		{"grpc-timeout", "10S"},
		{"authorization", "Bearer abcdefghijklmnopqrstuvwxyz"},
		{"x-request-id", "4bf92f3577b34da6a3ce929d0e0e4736"},
		{"x-tenant", "acme"},
		{"x-user", "42"},
		{"x-region", "eu"},
		{"x-version", "1.2.3"},
		{"accept-encoding", "identity"},
	}
}

// IdleFields returns the fields of a request whose stream stays open.
func IdleFields() []Field {
	return []Field{
		{"content-type", "application/grpc"},
		{"te", "trailers"},
		{"user-agent", "grpc-go/1.85.0"},
		{"grpc-accept-encoding", "gzip"},
	}
}

// UniqueFields returns the names of those fields of W2 whose value is another
// one in each request of the workload "unique", 32 hexadecimal digits.
func UniqueFields() []string {
	return []string{"x-request-id", "x-user", "x-version", "x-tenant"}
}

// Metrics returns every metric in the order of tables.
func Metrics() []string {
	return []string{CPU, AddedP50, StreamBytes, ConnBytes, ScrapeTime, AddedP99}
}
