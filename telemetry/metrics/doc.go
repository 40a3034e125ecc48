// Package metrics counts what the gateway tells and exposes it to Prometheus.
//
// Each worker counts in memory of its own, so counting needs no lock and shares
// no cache line; a scrape adds the workers up. Labels are resolved when a route,
// upstream or endpoint appears, and its series end with it.
package metrics
