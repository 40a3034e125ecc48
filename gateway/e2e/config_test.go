package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// plainConfig is the least a gateway needs: one h2c listener "edge" and one
// route to one upstream "origin". Sections are appended as they are.
func plainConfig(endpoint string, sections ...string) string {
	return fmt.Sprintf(`
listeners:
  - name: edge
    address: 127.0.0.1:0
upstreams:
  - name: origin
    endpoints: [%q]
    protocol: h2c
routes:
  - name: all
    match: {path_prefix: /}
    upstream: origin
admin: {address: "127.0.0.1:0"}
`, endpoint) + strings.Join(sections, "\n")
}

// twoListenerConfig is plainConfig with a TLS listener "tls" beside "edge".
func twoListenerConfig(t testing.TB, ca *authority, endpoint string, sections ...string) string {
	t.Helper()
	certFile, keyFile := ca.issue(t, "gateway")
	tls := fmt.Sprintf(`
listeners:
  - name: tls
    address: 127.0.0.1:0
    tls: {cert_file: %q, key_file: %q}
`, certFile, keyFile)
	return strings.Replace(plainConfig(endpoint, sections...), "\nlisteners:\n", tls, 1)
}
