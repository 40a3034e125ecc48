// Package gateway puts the data plane together: listeners, workers, routes and
// upstreams, built from a configuration and rebuilt when it changes.
//
// It knows nothing of metrics and traces: it tells an event.Observer.
package gateway
