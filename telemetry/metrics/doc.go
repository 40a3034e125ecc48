// Package metrics counts what the gateway tells and exposes it to Prometheus.
//
// Each worker counts in memory of its own, which only its goroutine touches: plain
// numbers, without locks or atomic operations, for those would be half of what
// counting an exchange takes. At a scrape each worker copies its numbers, between
// batches, a few routes at a time ([event.Source].Visit), and the scrape adds up
// the copies. Of a worker that does not answer in time it shows the copy before,
// and as long as there is no gateway to visit, zeros. A histogram with native
// buckets takes 2.5 kB, six of them at most for each route and worker, and as much
// again for the copy. Labels are resolved when a route, upstream or endpoint
// appears, and its series end with it.
//
// A scrape has no processor of its own. [Page] writes the text formats straight
// from the copies, which costs a fifth of making client_golang's objects first, and
// pauses every millisecond so that workers get their turn.
package metrics
