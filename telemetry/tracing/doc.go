// Package tracing reads trace context, decides which traces are kept, passes
// context on, and reports spans through jaeger-client-go.
//
// Context is read in every format ([Extract]) and written in those that the
// configuration names; it is carried on whether or not spans are reported.
// Spans are made only of exchanges that are kept: a server span for the
// exchange and a client span for each attempt, both from the record that the
// gateway keeps anyway, when they are over. An exchange that is not kept costs
// two random numbers and the header fields.
//
// A span is started, finished, queued and counted by jaeger-client-go. Its tags
// and logs travel beside it as they are (details), and a codec writes them
// straight into the bytes of a batch; only jaeger's own sender for UDP is given
// tags one by one, at six times the cost.
//
// An exchange that was not kept and ends in an error gets its server span
// afterwards. The upstream was told by then that the trace is not kept, so such
// a trace holds this hop only.
package tracing
