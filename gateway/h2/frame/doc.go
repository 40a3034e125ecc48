// Package frame reads and writes the frames of RFC 9113 §4 and §6. It works on
// byte slices, keeps no state and does no IO: a connection decides what a frame
// means and whether it is allowed.
package frame
