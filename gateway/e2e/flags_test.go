package e2e

import (
	"flag"
	"time"
)

var (
	requests        = flag.Int("requests", 200_000, "requests that the load test sends; a tenth of it over TLS")
	soak            = flag.Duration("soak", 20*time.Second, "how long the soak test lasts, at least")
	jaegerURL       = flag.String("jaeger", "", "query URL of a real Jaeger to read the trace back from, instead of the test's own collector")
	jaegerCollector = flag.String("jaeger-collector", "", "thrift-over-HTTP URL of that Jaeger (default: port 14268 of its host, /api/traces)")
)
