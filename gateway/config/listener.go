package config

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// bound is an address that the gateway would listen on.
type bound struct {
	path string
	host string     // in lower case
	ip   netip.Addr // zero if host is a name, or empty for every address
}

func (v *validator) listeners() {
	if len(v.cfg.Listeners) == 0 {
		v.add("listeners", "must have at least one entry; name an address to listen on")
	}
	names := map[string]int{}
	taken := map[uint16][]bound{}
	for i := range v.cfg.Listeners {
		l, path := &v.cfg.Listeners[i], fmt.Sprintf("listeners[%d]", i)
		v.name("listeners", i, l.Name, names)
		v.listenAddress(path+".address", l.Address, taken)
		choice(v, path+".trace_trust", l.TraceTrust, TraceResample, TraceContinue, TraceNew)
		if l.TLS != nil {
			v.listenerTLS(path+".tls", l.TLS)
		}
		seen := map[netip.Prefix]bool{}
		for j, p := range l.TrustedProxies {
			if seen[p] {
				v.add(fmt.Sprintf("%s.trusted_proxies[%d]", path, j), "must be unique, got %q twice", p.String())
			}
			seen[p] = true
		}
	}
	v.listenAddress("admin.address", v.cfg.Admin.Address, taken) // they must not share a port
}

// listenAddress checks an address to listen on, and that none of taken, which
// are by port, is in its way. It adds the address to taken.
func (v *validator) listenAddress(path, address string, taken map[uint16][]bound) {
	if address == "" {
		v.add(path, `is required; write "host:port", with port 0 the system chooses one`)
		return
	}
	host, port, why := splitHostPort(address)
	if why == "" && host != "" && !validHost(host) {
		why = "the host is neither an address nor a name"
	}
	if why != "" {
		v.add(path, `must be "host:port", got %s: %s`, quote(address), why)
		return
	}
	if port == 0 {
		return
	}
	ip, _ := netip.ParseAddr(host)
	b := bound{path, strings.ToLower(host), ip}
	for _, other := range taken[port] {
		if overlap(b, other) {
			v.add(path, "must not be in use, got %s, where %s listens (line %d); choose another port", quote(address), other.path, v.line(other.path))
			break
		}
	}
	taken[port] = append(taken[port], b)
}

// overlap reports whether the system would refuse to listen on both with the
// same port.
func overlap(a, b bound) bool {
	unspecified := func(ip netip.Addr, is6 bool) bool { return ip.IsUnspecified() && ip.Is6() == is6 }
	switch {
	case a.host == b.host, a.host == "", b.host == "":
		return true
	case !a.ip.IsValid() || !b.ip.IsValid():
		return false // a name: only resolving it would tell
	case unspecified(a.ip, true) || unspecified(b.ip, true):
		return true // the system takes IPv4 with it
	case unspecified(a.ip, false) || unspecified(b.ip, false):
		return a.ip.Is4() == b.ip.Is4()
	}
	return a.ip == b.ip
}

func (v *validator) listenerTLS(path string, t *ListenerTLS) {
	switch {
	case t.CertFile == "" || t.KeyFile == "":
		if t.CertFile == "" {
			v.add(path+".cert_file", "is required; name a file with the PEM certificate chain")
		}
		if t.KeyFile == "" {
			v.add(path+".key_file", "is required; name a file with the certificate's PEM key")
		}
	default:
		v.keyPair(path, t.CertFile, t.KeyFile)
	}
	if t.ClientCAFile != "" {
		v.caFile(path+".client_ca_file", t.ClientCAFile)
	}
}

// splitHostPort splits host:port and says why it cannot.
func splitHostPort(s string) (host string, port uint16, why string) {
	host, digits, err := net.SplitHostPort(s)
	if err != nil {
		if ip, err := netip.ParseAddr(s); err == nil && ip.Is6() {
			return "", 0, fmt.Sprintf("the port is missing, and an IPv6 address needs brackets, such as %q", "["+s+"]:8080")
		}
		if e, ok := err.(*net.AddrError); ok {
			return "", 0, e.Err
		}
		return "", 0, err.Error()
	}
	port, ok := parsePort(digits)
	if !ok {
		return "", 0, fmt.Sprintf("the port must be a number from 0 to 65535, is %s", quote(digits))
	}
	return host, port, ""
}

// parsePort parses a port in decimal digits.
func parsePort(s string) (uint16, bool) {
	if s == "" || len(s) > 5 {
		return 0, false
	}
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return uint16(n), n <= 65535
}

// checkEndpoint says why s is not an endpoint, or "".
func checkEndpoint(s string) string {
	if strings.Contains(s, "://") {
		return "an endpoint has no scheme; leave it out"
	}
	s, dns := CutDNS(s)
	host, port, why := splitHostPort(s)
	switch {
	case why != "":
		return why
	case host == "":
		return "the host is missing"
	case !validHost(host):
		return "the host is neither an address nor a name"
	case port == 0:
		return "the port must be from 1 to 65535"
	}
	if _, err := netip.ParseAddr(host); dns && err == nil {
		return `an address is not resolved; leave "dns:" out`
	}
	return ""
}

// CutDNS returns an endpoint without the "dns:" before a name that is to be
// resolved, and whether it has one: dns:53 is the host named dns.
func CutDNS(endpoint string) (hostPort string, ok bool) {
	rest, ok := strings.CutPrefix(endpoint, "dns:")
	if _, isPort := parsePort(rest); !ok || isPort {
		return endpoint, false
	}
	return rest, true
}

// validHost reports whether s is an IP address (without brackets) or a DNS name.
func validHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	if s == "" || len(s) > 253 {
		return false
	}
	last := s[strings.LastIndexByte(strings.TrimSuffix(s, "."), '.')+1:]
	if strings.Trim(last, "0123456789.") == "" {
		return false // meant as an address
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for _, c := range []byte(label) {
			switch {
			case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
			default:
				return false
			}
		}
	}
	return true
}
