// Package metrics counts what the gateway tells and exposes it to Prometheus.
//
// Each worker counts in memory of its own, so workers share neither a lock nor a
// cache line; a scrape adds them up. Counters are atomic; histograms and stalls
// have a lock for each worker and route or upstream, which a scrape holds for as
// long as it takes to copy them, about a microsecond. A histogram with native
// buckets takes 2.5 kB, six of them for each route and worker. Labels are resolved
// when a route, upstream or endpoint appears, and its series end with it.
//
// A scrape has no processor of its own. [Page] writes the text formats straight
// from the cells, which costs a fifth of making client_golang's objects first, and
// pauses every two milliseconds so that workers get their turn.
package metrics
