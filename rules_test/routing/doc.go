// Package routing says whom Alertmanager would have told of the alerts of a replay.
//
// Its routing tree and its inhibition are a page of code, written anew here after
// Alertmanager's documentation, because its own packages bring Kafka, a gossip
// protocol and forty chat clients along; its matchers are used as they are. The
// alerts of a route that share the labels of group_by are a group. It is told of
// group_wait after its first alert, then every group_interval; an alert that ends
// before the next of these flushes, or is inhibited at each of them, is never told.
// Repetition, silences and mute times are not replayed.
package routing
