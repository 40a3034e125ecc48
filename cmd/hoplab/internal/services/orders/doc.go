// Package orders answers the demo's orders requests over plain HTTP/2: placing
// an order, which asks profiles through the gateway (and profiles asks users),
// and large bodies streamed either way.
//
//	POST /orders               ← {"user_id":7}  → {"user_id":7,"name":"User 7","plan":"basic"}
//	GET  /orders/export?bytes=N                 → N bytes, at most 1 GiB
//	POST /orders/import        ← any body       → {"bytes":N}
package orders
