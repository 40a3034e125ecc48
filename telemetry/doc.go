// Package telemetry turns what the gateway tells into Prometheus metrics, Jaeger
// spans and an access log, and serves them to operators.
//
// [New] builds all of it from a configuration. The gateway talks to
// [Telemetry.Observer]; cmd/hopscope hands the gateway back with
// [Telemetry.SetSource], serves [Telemetry.Admin] and ends it all with
// [Telemetry.Close]. Nothing here blocks the gateway: what cannot be sent or
// written in time is dropped and counted.
//
// A metric, a span and a log line of one exchange derive from the same
// [event.Exchange], so they cannot disagree.
package telemetry
