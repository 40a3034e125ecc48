// Package event is what the data plane tells an observer: the one outward
// interface of the gateway. It holds value types, closed sets of names and three
// interfaces, and no behaviour.
//
// [Observer] is shared and safe for concurrent use; it hands out one [Sink] for
// each worker. A Sink's methods are called by that worker's goroutine only, so
// its counters need no sharing, and must never block. [Source] is what the
// observer may ask of the gateway in return.
//
// Every name in a closed set is the same in a metric's label, a log line and a
// span's tag.
package event
