// Package http1 joins HTTP/1.1 exchanges, which net/http reads and writes on
// goroutines of its own, to the workers of the gateway, which do not block.
//
// A bridge stands for one exchange: [Incoming] for a request that a client sent
// to a [Server], [Origin] for a request to an endpoint. Towards the worker it
// looks like a stream of an HTTP/2 connection: its methods belong to the
// worker's goroutine and return at once, and what it reads comes to a
// stream.Handler in tasks on that goroutine.
//
// Both directions are bounded by a window of bytes, as HTTP/2's are: a body is
// read at most a window ahead of the credit that the worker gave back, and bytes
// that were passed in count as written only when net/http has written them.
package http1
