package config

import "time"

// Limits of a file that bounds nothing itself.
const (
	defaultIdleTimeout = 5 * time.Minute
	defaultAdmin       = "127.0.0.1:9901"
)

// Where each reporter sends spans unless tracing.endpoint says otherwise:
// Jaeger's own ports.
const (
	defaultJaegerEndpoint    = "http://127.0.0.1:14268/api/traces"
	defaultJaegerUDPEndpoint = "127.0.0.1:6831"
	defaultOTLPEndpoint      = "http://127.0.0.1:4318/v1/traces"
)

func (c *Config) setDefaults() {
	c.Limits = Limits{
		MaxConcurrentStreams:  1000,
		MaxHeaderBytes:        16 << 10,
		MaxHeaderFields:       256,
		MaxGlitches:           1000,
		GlitchRecovery:        100,
		SlowPeerRate:          64,
		SlowPeerTimeout:       2 * time.Minute,
		HeaderTimeout:         10 * time.Second,
		MaxPendingConnections: 10000,
		MaxQueueTime:          250 * time.Millisecond,
		IdleConnectionTimeout: time.Hour,
		PingAfter:             20 * time.Second,
		PingTimeout:           10 * time.Second,
		StreamWindow:          64 << 10,
		MaxBufferedBytes:      256 << 20,
		ConnectTimeout:        5 * time.Second,
		DrainGrace:            30 * time.Second,
	}
	c.Admin = Admin{Address: defaultAdmin}
	c.Metrics = Metrics{Enabled: true}
	c.Tracing = Tracing{
		Reporter:    ReporterNone,
		Sampler:     Sampler{Type: "probabilistic", Param: 0.01},
		Propagation: []Propagation{PropagationW3C},
	}
	c.Log = Log{Level: "info", Access: "off"}
}

func (l *Listener) setDefaults() { l.TraceTrust = TraceResample }

func (u *Upstream) setDefaults() { u.Protocol = H2C }

func (r *Route) setDefaults() {
	r.IdleTimeout = defaultIdleTimeout
	r.Retry = RetrySafe
}

// setDependentDefaults fills in what depends on another key, once all are read.
func (c *Config) setDependentDefaults(given func(path string) bool) {
	for i := range c.Upstreams {
		if u := &c.Upstreams[i]; u.Protocol == H2 && u.TLS == nil {
			u.TLS = &UpstreamTLS{}
		}
	}
	if given("tracing.endpoint") {
		return
	}
	switch c.Tracing.Reporter {
	case ReporterJaegerUDP:
		c.Tracing.Endpoint = defaultJaegerUDPEndpoint
	case ReporterOTLP:
		c.Tracing.Endpoint = defaultOTLPEndpoint
	default:
		c.Tracing.Endpoint = defaultJaegerEndpoint
	}
}
