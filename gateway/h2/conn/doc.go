// Package conn is one HTTP/2 connection in either role: frames in, frames out,
// streams between. It does no IO: its owner feeds it the bytes that were read
// and gives it a Transport that takes bytes without blocking.
//
// A Conn, its Streams and its Env belong to one goroutine, that of the worker.
// Nothing here locks, waits or starts a goroutine, so a whole batch of frames is
// handled without a switch; what the batch wrote is flushed once at its end by
// [Env.Flush].
//
// Flow control: connection credit is returned as bytes arrive, so a stopped
// stream can never stop its connection. Stream credit is returned only when the
// reader calls [Stream.Credit], which the gateway does once the bytes have been
// written on the other side. What a connection holds is thus bounded by its
// streams times their window.
package conn
