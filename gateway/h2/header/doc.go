// Package header holds header fields between decoding and encoding: a list that
// owns its bytes, the validation of RFC 9113 §8, and what a gateway removes and
// adds. It does no IO, knows no HPACK and keeps no state between lists.
package header
