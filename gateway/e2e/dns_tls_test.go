package e2e

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
)

// namedOrigin is an origin over TLS, with a certificate for origin.test, at the one
// address that every name stands for.
type namedOrigin struct {
	ca    *authority
	n     *network
	port  string
	asked sync.Map // "protocol name" → true
}

func startNamedOrigin(t *testing.T) *namedOrigin {
	t.Helper()
	d := &namedOrigin{ca: newAuthority(t), n: newNetwork(t)}
	certificate, err := tls.LoadX509KeyPair(d.ca.issue(t, "origin.test"))
	if err != nil {
		t.Fatal(err)
	}
	startNameServer(t, d.n).set(func(s *nameServer) { s.addresses = []string{"127.0.0.2"} })
	o := serveOrigin(t, d.n.space.listen(t, "127.0.0.2:0"), &tls.Config{
		Certificates: []tls.Certificate{certificate},
		GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			d.asked.Store(h.SupportedProtos[0]+" "+h.ServerName, true)
			return nil, nil
		},
	})
	if _, d.port, err = net.SplitHostPort(o.address); err != nil {
		t.Fatal(err)
	}
	return d
}

// A certificate is held to the name that the configuration has, which the origin is
// asked for, and not to the address that it happens to stand for.
func TestResolvedEndpointsAreVerifiedByTheirName(t *testing.T) {
	t.Parallel()
	o := startNamedOrigin(t)
	for protocol, offered := range map[string]string{"h2": "h2", "http1": "http/1.1"} {
		for name, status := range map[string]int{"origin.test": 200, "other.test": 503} {
			settings := fmt.Sprintf("protocol: %s\n    tls: {ca_file: %q}", protocol, o.ca.caFile)
			config := plainConfig("dns:" + name + ":" + o.port)
			g := startGateway(t, strings.Replace(config, "protocol: h2c", settings, 1), gatewayOptions{space: o.n.space})
			r := wait(t, "a request", ask(t.Context(), newClientIn(t, o.n.space), "http://"+g.address["edge"]+"/"))
			if r.status != status {
				t.Errorf("%s, %s: %+v, want %d", protocol, name, r, status)
			}
			if _, ok := o.asked.Load(offered + " " + name); !ok {
				t.Errorf("%s: the origin was not asked for %s", protocol, name)
			}
			if status != 200 {
				if line := g.waitLog("endpoint cannot be reached"); !strings.Contains(line, "not "+name) {
					t.Errorf("the log does not say that the certificate is for another name: %s", line)
				}
			}
		}
	}
}

// What was verified for one name is not used for another that stands for the same
// address.
func TestNamesOfOneAddressShareNoConnection(t *testing.T) {
	t.Parallel()
	o := startNamedOrigin(t)
	for protocol, offered := range map[string]string{"h2": "h2", "http1": "http/1.1"} {
		settings := fmt.Sprintf("protocol: %s\n    tls: {ca_file: %q}", protocol, o.ca.caFile)
		config := plainConfig("dns:origin.test:" + o.port)
		config = strings.Replace(config, "protocol: h2c", settings, 1)
		config = strings.Replace(config, `"dns:origin.test:`+o.port+`"`, `"dns:origin.test:`+o.port+`", "dns:other.test:`+o.port+`"`, 1)
		g := startGateway(t, config, gatewayOptions{space: o.n.space})
		client := newClientIn(t, o.n.space)
		eventually(t, protocol+": the certificate is not for the other name", func() (bool, string) {
			r := wait(t, "a request", ask(t.Context(), client, "http://"+g.address["edge"]+"/"))
			_, own := o.asked.Load(offered + " origin.test")
			_, other := o.asked.Load(offered + " other.test")
			return own && other, fmt.Sprintf("asked for origin.test: %v, for other.test: %v; %+v", own, other, r)
		})
		if line := g.waitLog("endpoint cannot be reached"); !strings.Contains(line, "not other.test") {
			t.Errorf("%s: the log does not say that the certificate is for another name: %s", protocol, line)
		}
	}
}
