package config

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// validator checks a decoded configuration and brings names into one form. It
// adds every problem to the report.
type validator struct {
	*report
	cfg *Config
}

// add records a problem, unless the value at path could not be decoded.
func (v *validator) add(path, format string, args ...any) {
	if v.decoded(path) {
		v.report.add(path, format, args...)
	}
}

func (v *validator) all() {
	v.listeners()
	v.upstreams()
	v.routes()
	v.limits()
	v.admin()
	v.tracing()
	choice(v, "log.level", v.cfg.Log.Level, "debug", "info", "warn", "error")
	choice(v, "log.access", v.cfg.Log.Access, "off", "errors", "all")
}

// choice checks a value of a closed set.
func choice[T ~string](v *validator, path string, got T, allowed ...T) {
	if slices.Contains(allowed, got) {
		return
	}
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	v.add(path, "must be %s, got %s%s", oneOf(names), quote(string(got)), v.suggest(string(got), names))
}

// between checks a number's range, both ends included.
func between[T int64 | uint32](v *validator, path string, got, lowest, highest T) {
	if got < lowest || got > highest {
		v.add(path, "must be from %d to %d, got %d", lowest, highest, got)
	}
}

// atLeast checks a duration.
func (v *validator) atLeast(path string, got, lowest time.Duration) {
	if got < lowest {
		v.add(path, "must be at least %s, got %s", lowest, got)
	}
}

// name checks a name, which becomes a label of metrics, and that no entry before
// it in the list has the same.
func (v *validator) name(list string, i int, got string, before map[string]int) {
	path := fmt.Sprintf("%s[%d].name", list, i)
	if got == "" {
		v.add(path, "is required; give it a name that is unique in %s", list)
		return
	}
	valid := len(got) <= 63 && strings.IndexFunc(got, func(r rune) bool { return !isNameChar(r) }) < 0
	if !valid {
		v.add(path, "must be 1 to 63 letters, digits, '.', '_' or '-', got %s", quote(got))
		return
	}
	if got == "none" || got == "other" {
		v.add(path, "must not be %s, which metrics use for what has no name of its own; choose another", quote(got))
		return
	}
	if first, ok := before[got]; ok {
		v.add(path, "must be unique, got %s, which %s[%d] has too (line %d)",
			quote(got), list, first, v.line(fmt.Sprintf("%s[%d].name", list, first)))
		return
	}
	before[got] = i
}

func isNameChar(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r)
}

func (v *validator) upstreams() {
	if len(v.cfg.Upstreams) == 0 {
		v.add("upstreams", "must have at least one entry; name a service and its endpoints")
	}
	names := map[string]int{}
	for i := range v.cfg.Upstreams {
		u, path := &v.cfg.Upstreams[i], fmt.Sprintf("upstreams[%d]", i)
		v.name("upstreams", i, u.Name, names)
		v.endpoints(path+".endpoints", u.Endpoints)
		choice(v, path+".protocol", u.Protocol, H2C, H2, HTTP1)
		if u.TLS != nil {
			v.upstreamTLS(path+".tls", u)
		}
	}
}

func (v *validator) endpoints(path string, endpoints []string) {
	if len(endpoints) == 0 {
		v.add(path, `must have at least one endpoint, such as "127.0.0.1:9001" or "dns:users:9001"`)
	}
	seen := map[string]int{}
	for i, e := range endpoints {
		at := fmt.Sprintf("%s[%d]", path, i)
		if why := checkEndpoint(e); why != "" {
			v.add(at, `must be "host:port" or "dns:name:port", got %s: %s`, quote(e), why)
			continue
		}
		if first, ok := seen[strings.ToLower(e)]; ok {
			v.add(at, "must be unique, got %s, which %s[%d] is too (line %d)", quote(e), path, first, v.line(fmt.Sprintf("%s[%d]", path, first)))
			continue
		}
		seen[strings.ToLower(e)] = i
	}
}

func (v *validator) upstreamTLS(path string, u *Upstream) {
	if u.Protocol == H2C {
		v.add(path, `must not stand with protocol "h2c", which is plain text; remove it, or use protocol "h2"`)
		return
	}
	t := u.TLS
	if t.CAFile != "" {
		v.caFile(path+".ca_file", t.CAFile)
	}
	if t.ServerName != "" && !validHost(t.ServerName) {
		v.add(path+".server_name", "must be a host name or an address without port, got %s", quote(t.ServerName))
	}
	switch {
	case t.CertFile == "" && t.KeyFile == "":
	case t.KeyFile == "":
		v.add(path+".key_file", "is required with cert_file; name the certificate's key")
	case t.CertFile == "":
		v.add(path+".cert_file", "is required with key_file; name the key's certificate")
	default:
		v.keyPair(path, t.CertFile, t.KeyFile)
	}
}

func (v *validator) limits() {
	const maxWindow = 1<<31 - 1 // RFC 9113 §6.9.1
	l := &v.cfg.Limits
	between(v, "limits.max_concurrent_streams", l.MaxConcurrentStreams, 1, maxWindow)
	between(v, "limits.max_header_bytes", l.MaxHeaderBytes, 1024, 16<<20)
	between(v, "limits.max_header_fields", l.MaxHeaderFields, 8, 65536)
	between(v, "limits.max_glitches", l.MaxGlitches, 0, 1_000_000_000)
	between(v, "limits.glitch_recovery", l.GlitchRecovery, 0, 1_000_000_000)
	between(v, "limits.slow_peer_rate", l.SlowPeerRate, 1, maxWindow)
	v.atLeast("limits.slow_peer_timeout", l.SlowPeerTimeout, 0)
	v.atLeast("limits.header_timeout", l.HeaderTimeout, time.Second)
	between(v, "limits.max_connections", l.MaxConnections, 0, math.MaxInt64)
	between(v, "limits.max_pending_connections", l.MaxPendingConnections, 1, math.MaxInt64)
	between(v, "limits.max_memory", l.MaxMemory, 0, math.MaxInt64)
	v.atLeast("limits.max_queue_time", l.MaxQueueTime, 0)
	between(v, "limits.max_body_bytes", l.MaxBodyBytes, 0, math.MaxInt64)
	between(v, "limits.stream_window", l.StreamWindow, 1024, maxWindow)
	if l.MaxBufferedBytes < int64(l.StreamWindow) {
		v.add("limits.max_buffered_bytes", "must be at least stream_window (%d), got %d", l.StreamWindow, l.MaxBufferedBytes)
	}
	v.atLeast("limits.idle_connection_timeout", l.IdleConnectionTimeout, 0)
	if l.PingAfter != 0 {
		v.atLeast("limits.ping_after", l.PingAfter, time.Second)
	}
	v.atLeast("limits.ping_timeout", l.PingTimeout, time.Second)
	v.atLeast("limits.connect_timeout", l.ConnectTimeout, time.Millisecond)
	v.atLeast("limits.drain_delay", l.DrainDelay, 0)
	v.atLeast("limits.drain_grace", l.DrainGrace, 0)
}
