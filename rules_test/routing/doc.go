// Package routing says whom Alertmanager would have told of the alerts of a replay.
//
// Its routing tree and its inhibition are a page of code, written anew here after
// Alertmanager's documentation, because its own packages bring Kafka, a gossip
// protocol and forty chat clients along; its matchers are used as they are. The
// first notification of an alert is sent group_wait after it began to fire; one that
// ends or is inhibited before that is never told. Repetition, silences and mute
// times are not replayed.
package routing
