// Package catalog declares every metric that hopscope exposes, once: name, type,
// unit, help, labels with the values they can take, buckets with the reason for
// them.
//
// A metric is named in Go by a constant of type [Counter], [Gauge] or
// [Histogram], never by a string. The collectors, the page METRICS.md and the
// checks of alerts, recordings and dashboards all derive from these
// declarations. Families that libraries and Prometheus itself add are declared
// too, as external, so that a check can tell a foreign name from a misspelt one.
//
// Cardinality is bounded by the configuration: a label's values are either a
// closed set or names that the configuration holds. Paths, authorities, peer
// addresses and stream ids are never labels. Endpoints beyond [MaxEndpoints] of
// an upstream share the value [Other].
package catalog

//go:generate go run ./gen
