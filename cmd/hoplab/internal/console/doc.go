// Package console serves hopscope's console: a page that draws dashboards, alerts,
// traces and streams, and what it needs to know, all of one origin.
//
// The page itself is in web/, TypeScript that is built into web/dist and embedded;
// without it a page says what is missing. Everything else is below /api:
//
//	/api/console      what this is and which sources it has
//	/api/prometheus/  reads of Prometheus' API, passed through
//	/api/admin/       pages of the gateway's admin server, passed through
//	/api/traces/      reads of Jaeger's query API, passed through
//	/api/faults       the demo's faults, and what to expect of each
//	/api/alerts/panels, /api/dashboards, /api/runbook   what is checked in
//
// A request goes to a source only if its path is in a closed list (routes), with
// the source's credentials and none of the browser's. What a source answers is
// passed through, errors included; a source that does not answer is an error that
// names the source, the reason and the remedy (problem).
//
// There is no login. A server is meant for the loopback; what keeps other web pages
// out is in security.go.
package console
