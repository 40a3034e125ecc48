package gateway

import (
	"fmt"
	"strings"
)

// Config is what the demo's gateway needs to know. Addresses are host:port.
type Config struct {
	Edge      string // listener for the load and for users; sampling is decided here
	Internal  string // listener for services that call back; context is continued
	Secure    string // listener for HTTPS
	CertFile  string // of the secure listener, PEM
	KeyFile   string // of the secure listener, PEM
	Admin     string
	Users     []string // endpoints, one per replica
	Profiles  string
	Orders    string
	Collector string  // URL that takes Jaeger thrift over HTTP
	Sample    float64 // share of requests that are traced, 0 to 1
}

// Names of the listeners.
const (
	EdgeListener     = "edge"
	InternalListener = "internal"
	SecureListener   = "secure"
)

// YAML returns the configuration file.
func (c Config) YAML() string {
	quoted := make([]string, len(c.Users))
	for i, u := range c.Users {
		quoted[i] = fmt.Sprintf("%q", u)
	}
	return fmt.Sprintf(`# Written by hoplab demo. hopscope check --config FILE explains what is wrong with a changed one.
listeners:
  - {name: %s, address: %q, trace_trust: resample}
  - {name: %s, address: %q, trace_trust: continue}
  - {name: %s, address: %q, tls: {cert_file: %q, key_file: %q}}
upstreams:
  - {name: users, protocol: h2c, endpoints: [%s]}
  - {name: profiles, protocol: h2c, endpoints: [%q]}
  - {name: orders, protocol: h2c, endpoints: [%q]}
routes:
  - {name: users, match: {path_prefix: /hopscope.demo.users.v1.Users/}, upstream: users, timeout: 10s}
  - {name: profiles, match: {path_prefix: /hopscope.demo.profiles.v1.Profiles/}, upstream: profiles, idle_timeout: 15s}
  - {name: orders, match: {path_prefix: /orders}, upstream: orders}
limits: {drain_grace: 3s}
admin: {address: %q}
tracing:
  reporter: jaeger
  endpoint: %q
  sampler: {type: probabilistic, param: %g}
log: {level: info, access: errors}
`, EdgeListener, c.Edge, InternalListener, c.Internal,
		SecureListener, c.Secure, c.CertFile, c.KeyFile, strings.Join(quoted, ", "), c.Profiles, c.Orders, c.Admin, c.Collector, c.Sample)
}
