// Package raw is HTTP/2 at the level of frames, with golang.org/x/net's framer
// and header compression, for what h2load cannot do: another value in every
// request, streams that stay open and silent, a fixed rate, going on after
// failures. And an origin that answers with as many bytes as it is asked for, or
// with none.
package raw
