// Package hpack is header compression for HTTP/2 (RFC 7541), made for a gateway:
// a field that one connection decoded is cheap to encode for another, because it
// carries what its table knew of it (header.Meta), and values that occur once do
// not displace what repeats.
//
// Decoder and Encoder belong to their connection's goroutine. A table that was
// never used holds no memory; one that was holds at most 8 KiB of fields and 128
// entries.
package hpack
