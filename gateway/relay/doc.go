// Package relay pairs a downstream stream with an upstream stream.
//
// An [Exchange] is one request and its response. It takes what one side reads,
// decides (route, endpoint, retry, timeout, refusal) and writes it to the other
// side. A [Worker] owns exchanges, downstream connections and pools; everything
// here belongs to its goroutine. Several workers share nothing but the
// configuration.
//
// Credit flows backwards: bytes that one side read become stream credit for it
// only when they have been written to the other side's socket, so what an
// exchange holds is bounded by the two stream windows.
package relay
