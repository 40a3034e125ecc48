package config

import (
	"net/netip"
	"time"
)

// Config is a whole configuration with its defaults filled in. It is immutable
// once loaded, so every goroutine may read it.
type Config struct {
	Listeners []Listener `yaml:"listeners"`
	Upstreams []Upstream `yaml:"upstreams"`
	Routes    []Route    `yaml:"routes"`
	Limits    Limits     `yaml:"limits"`
	Admin     Admin      `yaml:"admin"`
	Metrics   Metrics    `yaml:"metrics"`
	Tracing   Tracing    `yaml:"tracing"`
	Log       Log        `yaml:"log"`
}

// Listener is one address that downstream peers connect to.
type Listener struct {
	Name    string       `yaml:"name"`
	Address string       `yaml:"address"`       // host:port; port 0 lets the system choose
	TLS     *ListenerTLS `yaml:"tls,omitempty"` // nil: plain text
	// TraceTrust says what incoming trace context is worth.
	TraceTrust TraceTrust `yaml:"trace_trust"`
	// TrustedProxies are the peers whose x-forwarded-* fields are kept.
	TrustedProxies []netip.Prefix `yaml:"trusted_proxies"`
}

// ListenerTLS names the files of a listener or the administration server; relative paths are resolved
// against the configuration file's folder when it is loaded.
type ListenerTLS struct {
	CertFile     string `yaml:"cert_file"`
	KeyFile      string `yaml:"key_file"`
	ClientCAFile string `yaml:"client_ca_file"` // set: a client certificate is required
}

// TraceTrust is a listener's stance towards incoming trace context.
type TraceTrust string

// The values of trace_trust.
const (
	TraceResample TraceTrust = "resample" // keep incoming ids, decide sampling here
	TraceContinue TraceTrust = "continue" // keep ids and decision
	TraceNew      TraceTrust = "new"      // ignore what came in
)

// Upstream is a named set of endpoints that serve the same thing.
type Upstream struct {
	Name      string       `yaml:"name"`
	Endpoints []string     `yaml:"endpoints"` // host:port, or dns:name:port (re-resolved)
	Protocol  Protocol     `yaml:"protocol"`
	TLS       *UpstreamTLS `yaml:"tls,omitempty"` // nil: plain text; never nil with protocol h2
}

// Protocol is what an upstream speaks.
type Protocol string

// The values of protocol.
const (
	H2C   Protocol = "h2c"   // HTTP/2 with prior knowledge, no fallback
	H2    Protocol = "h2"    // HTTP/2 over TLS with ALPN
	HTTP1 Protocol = "http1" // HTTP/1.1; with tls: HTTPS
)

// UpstreamTLS says how an upstream's certificate is verified and which one is
// shown to it. Zero: system roots, the endpoint's host, no client certificate.
type UpstreamTLS struct {
	CAFile     string `yaml:"ca_file"`
	ServerName string `yaml:"server_name"`
	CertFile   string `yaml:"cert_file"`
	KeyFile    string `yaml:"key_file"`
}

// Route sends the requests that match to an upstream. The first match in file
// order wins.
type Route struct {
	Name        string        `yaml:"name"`
	Match       Match         `yaml:"match"`
	Upstream    string        `yaml:"upstream"`
	HostRewrite string        `yaml:"host_rewrite"` // empty: the client's authority is kept
	Timeout     time.Duration `yaml:"timeout"`      // whole request; 0 = none
	IdleTimeout time.Duration `yaml:"idle_timeout"` // no DATA or HEADERS either way; 0 = none
	Retry       Retry         `yaml:"retry"`
}

// Match is a conjunction of conditions; an empty one matches everything.
type Match struct {
	PathPrefix string            `yaml:"path_prefix"` // string prefix
	Path       string            `yaml:"path"`        // exact; both without percent-encoding and query
	Host       string            `yaml:"host"`        // in lower case, without port
	Methods    []string          `yaml:"methods"`     // any of them; empty: every method
	Headers    map[string]string `yaml:"headers"`     // all of them, exact values (empty: present); names in lower case
}

// Retry is a route's retry policy.
type Retry string

// The values of retry.
const (
	RetrySafe        Retry = "safe"         // never-sent, REFUSED_STREAM, above GOAWAY's last id
	RetrySafeMethods Retry = "safe_methods" // also GET, HEAD, … after a connection loss
	RetryNone        Retry = "none"
)

// Limits bound what peers can make the gateway hold.
type Limits struct {
	MaxConcurrentStreams uint32 `yaml:"max_concurrent_streams"` // per downstream connection
	MaxHeaderBytes       uint32 `yaml:"max_header_bytes"`       // decoded, 32 per field added (RFC 9113 §6.5.2)
	MaxHeaderFields      uint32 `yaml:"max_header_fields"`
	MaxBodyBytes         int64  `yaml:"max_body_bytes"` // request body; 0 = unlimited
	StreamWindow         uint32 `yaml:"stream_window"`  // bytes, receive window per stream
	MaxBufferedBytes     int64  `yaml:"max_buffered_bytes"`
	MaxGlitches          uint32 `yaml:"max_glitches"`    // points of abuse per connection; 0 = any
	GlitchRecovery       uint32 `yaml:"glitch_recovery"` // points taken away per second
	// A peer that lets bytes wait has to take SlowPeerRate of them a second, on the
	// average of SlowPeerTimeout; 0 = it may take its time.
	SlowPeerRate    uint32        `yaml:"slow_peer_rate"` // bytes per second
	SlowPeerTimeout time.Duration `yaml:"slow_peer_timeout"`
	// Each of these has to be whole by then: a TLS handshake with the first line, a
	// header block with all its fragments, a request's header over HTTP/1.1.
	HeaderTimeout time.Duration `yaml:"header_timeout"`
	// Client connections; 0 = three quarters of the descriptors that the process may
	// have. MaxPendingConnections are of these still in their TLS handshake or
	// before their first line, of each listener; half of MaxConnections, if that is
	// less.
	MaxConnections        int64 `yaml:"max_connections"`
	MaxPendingConnections int64 `yaml:"max_pending_connections"`
	// New streams are refused while more memory is in use, in bytes (0 = seven
	// tenths of GOMEMLIMIT), and while every batch of a worker takes longer than
	// MaxQueueTime (0 = whatever they take).
	MaxMemory    int64         `yaml:"max_memory"`
	MaxQueueTime time.Duration `yaml:"max_queue_time"`
	// A connection without a stream for so long is closed; 0 = never.
	IdleConnectionTimeout time.Duration `yaml:"idle_connection_timeout"`
	PingAfter             time.Duration `yaml:"ping_after"`      // of silence while streams are open; 0 = never
	PingTimeout           time.Duration `yaml:"ping_timeout"`    // to answer, else the connection is lost
	ConnectTimeout        time.Duration `yaml:"connect_timeout"` // includes the TLS handshake
	DrainDelay            time.Duration `yaml:"drain_delay"`
	DrainGrace            time.Duration `yaml:"drain_grace"`
}

// Admin is the administration server.
type Admin struct {
	Address string       `yaml:"address"`
	TLS     *ListenerTLS `yaml:"tls,omitempty"` // nil: plain text
	// TokenFile holds the tokens that open every page but the health checks, see
	// [ReadTokens]. Empty: none is asked for.
	TokenFile string `yaml:"token_file"`
	Pprof     bool   `yaml:"pprof"`
}

// Metrics switches the Prometheus metrics.
type Metrics struct {
	Enabled bool `yaml:"enabled"`
}

// Tracing says which traces are kept and where spans go.
type Tracing struct {
	Reporter    Reporter      `yaml:"reporter"`
	Endpoint    string        `yaml:"endpoint"`
	Sampler     Sampler       `yaml:"sampler"`
	Propagation []Propagation `yaml:"propagation"`
}

// Reporter is where finished spans are sent.
type Reporter string

// The values of reporter.
const (
	ReporterNone      Reporter = "none"
	ReporterJaeger    Reporter = "jaeger" // thrift over HTTP
	ReporterJaegerUDP Reporter = "jaeger-udp"
	ReporterOTLP      Reporter = "otlp"
)

// Sampler decides which traces are kept.
type Sampler struct {
	Type  string  `yaml:"type"`  // const | probabilistic | ratelimiting | remote
	Param float64 `yaml:"param"` // 0 or 1 | 0…1 | traces per second | initial probability
}

// Propagation is a format in which trace context is injected.
type Propagation string

// The values of propagation.
const (
	PropagationW3C    Propagation = "w3c"
	PropagationB3     Propagation = "b3" // multi-header
	PropagationJaeger Propagation = "jaeger"
)

// Log is what goes to standard error.
type Log struct {
	Level  string `yaml:"level"`  // debug | info | warn | error
	Access string `yaml:"access"` // off | errors | all
}
