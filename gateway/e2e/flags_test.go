package e2e

import "flag"

var (
	requests        = flag.Int("requests", 200_000, "requests that the load test sends; a tenth of it over TLS")
	jaegerURL       = flag.String("jaeger", "", "query URL of a real Jaeger to read the trace back from, instead of the test's own collector")
	jaegerCollector = flag.String("jaeger-collector", "", "thrift-over-HTTP URL of that Jaeger (default: port 14268 of its host, /api/traces)")
)
