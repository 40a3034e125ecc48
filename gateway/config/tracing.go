package config

import (
	"fmt"
	"net/url"
	"strings"
)

func (v *validator) tracing() {
	t := &v.cfg.Tracing
	choice(v, "tracing.reporter", t.Reporter, ReporterNone, ReporterJaeger, ReporterJaegerUDP, ReporterOTLP)
	switch t.Reporter {
	case ReporterJaeger, ReporterOTLP:
		v.collector("tracing.endpoint", t.Endpoint)
	case ReporterJaegerUDP:
		if why := checkEndpoint(t.Endpoint); why != "" {
			v.add("tracing.endpoint", `must be "host:port" with reporter "jaeger-udp", got %s: %s`, quote(t.Endpoint), why)
		}
	}
	v.sampler(&t.Sampler)
	if len(t.Propagation) == 0 {
		v.add("tracing.propagation", `must have at least one format; "w3c" is the default`)
	}
	seen := map[Propagation]bool{}
	for i, p := range t.Propagation {
		path := fmt.Sprintf("tracing.propagation[%d]", i)
		choice(v, path, p, PropagationW3C, PropagationB3, PropagationJaeger)
		if p != "" && seen[p] {
			v.add(path, "must be unique, got %s twice", quote(string(p)))
		}
		seen[p] = true
	}
}

// collector checks the URL that spans are posted to.
func (v *validator) collector(path, got string) {
	u, err := url.Parse(got)
	switch {
	case strings.Contains(got, "@"):
		// Not quoted: the message would repeat it.
		v.add(path, "must not hold a user or a password: the admin server shows the configuration")
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		v.add(path, "must be a URL such as %q, got %s", defaultJaegerEndpoint, quote(got))
	}
}

func (v *validator) sampler(s *Sampler) {
	const path = "tracing.sampler.param"
	// Written so that NaN fails, too.
	switch s.Type {
	case "const":
		if s.Param != 0 && s.Param != 1 {
			v.add(path, "must be 0 or 1 with type const, got %g", s.Param)
		}
	case "probabilistic", "remote":
		if !(s.Param >= 0 && s.Param <= 1) {
			v.add(path, "must be from 0 to 1 with type %s, got %g", s.Type, s.Param)
		}
	case "ratelimiting":
		if !(s.Param >= 0 && s.Param <= 1e6) {
			v.add(path, "must be from 0 to 1000000 traces per second with type ratelimiting, got %g", s.Param)
		}
	default:
		choice(v, "tracing.sampler.type", s.Type, "const", "probabilistic", "ratelimiting", "remote")
	}
}
