package plan

// Proxies, by the names that results carry.
const (
	Hopscope = "hopscope"     // telemetry fully on, one thread
	Quiet    = "hopscope-off" // without metrics and tracing, one thread
	TwoCores = "hopscope-2"   // as Hopscope, with two threads
	Nghttpx  = "nghttpx"
	HAProxy  = "haproxy"
	Reverse  = "reverseproxy" // net/http's ReverseProxy
)

// Proxies returns every proxy in the order of tables.
func Proxies() []string {
	return []string{Hopscope, Nghttpx, HAProxy, Reverse, Quiet, TwoCores}
}

// Title returns how documents call a proxy.
func Title(proxy string) string {
	switch proxy {
	case Quiet:
		return "hopscope, telemetry off"
	case TwoCores:
		return "hopscope, 2 threads"
	case HAProxy:
		return "HAProxy"
	case Reverse:
		return "ReverseProxy"
	}
	return proxy
}

// Share returns which part of a workload's requests a proxy is given: the slow
// one measures a second of CPU with far fewer.
func Share(proxy string) float64 {
	if proxy == Reverse {
		return 0.1
	}
	return 1
}
