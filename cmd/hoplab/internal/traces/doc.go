// Package traces keeps the demo's finished spans and gives them back the way
// Jaeger's query service does, so that the terminal, the browser console and
// Grafana read either.
//
// Spans arrive as Jaeger thrift over HTTP (POST /api/traces, what
// jaeger-client-go and the gateway's reporter send). The store is bounded by
// the memory of its spans; the oldest traces go first. Answers are Jaeger's query
// JSON:
//
//	GET /api/services
//	GET /api/services/{service}/operations
//	GET /api/traces/{id}
//	GET /api/traces?service=&operation=&tags={json}&limit=&lookback=&start=&end=&minDuration=&maxDuration=
//
// Of Jaeger's, dependencies, archive and adjusters (clock skew) are left out.
package traces
