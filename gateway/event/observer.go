package event

import (
	"context"
	"time"

	"github.com/hopscope/hopscope/gateway/h2/header"
)

// Observer is told what the gateway does. Its methods are safe for concurrent
// use and do not block.
type Observer interface {
	// Topology is called with everything labels can name before a configuration
	// takes effect, also the first. Values the observer has seen before keep
	// their Observed; names that are missing are gone, and so are their series.
	Topology(Topology)
	// EndpointAdded is called before an endpoint is used, EndpointRemoved when it
	// was resolved away or its upstream is gone.
	EndpointAdded(*Endpoint)
	EndpointRemoved(*Endpoint)
	// Resolved tells the result of looking up a name of an upstream's endpoints.
	Resolved(u *UpstreamName, err error)
	// AcceptFailed tells that a listener could not accept a connection and tries
	// again after a pause.
	AcceptFailed(l *Listener, err error)
	// Sink returns the sink of worker n, from 0. It is called once for each.
	Sink(n int) Sink
	// Handshake tells the result of a TLS handshake with a downstream peer (l is
	// set) or with an endpoint (e is set); err is nil if it succeeded.
	Handshake(l *Listener, e *Endpoint, err error)
	// Refused tells that a connection to l was not taken.
	Refused(l *Listener, r Refusal)
	// Certificate tells when a certificate in use ends, after each reload: of a
	// listener (l is set), or shown to an upstream (u is set). The zero time: none
	// is shown.
	Certificate(l *Listener, u *UpstreamName, notAfter time.Time)
	// Reload tells the result of loading a configuration, also the first.
	Reload(at time.Time, err error)
	// Drain tells that the gateway began (true) to drain.
	Drain(bool)
}

// Sink is one worker's part of an observer. Only that worker's goroutine calls
// it. Nothing may block, and nothing passed may be kept after the call unless it
// says so.
type Sink interface {
	// ConnOpened and ConnClosed frame everything else about c, which may be kept
	// between them.
	ConnOpened(c *Conn)
	ConnClosed(c *Conn, reason CloseReason)
	// Frames adds what was counted since the last call, once per batch.
	Frames(*FrameCounts)
	// Reset and GoAway tell of such a frame on c.
	Reset(c *Conn, d Dir, code Code)
	GoAway(c *Conn, d Dir, code Code)
	// Violation tells that c's peer broke a rule.
	Violation(c *Conn, v Violation)
	// PingTimeout tells that c's peer did not answer a PING in time, or over HTTP/1.1
	// its system what the kernel asked.
	PingTimeout(c *Conn)

	// Begin is called once for each exchange when its request header block is
	// whole, valid and routed (x.Route is set or nil), before anything of it is
	// forwarded. It reads the trace context from in, decides, and fills x.Trace.
	// path is :path; in and path are valid during the call only.
	Begin(x *Exchange, in *header.List)
	// AttemptBegin tells that x.Attempt was begun; its Endpoint is known.
	AttemptBegin(x *Exchange)
	// Inject appends the trace context for x.Attempt to out, which holds no trace
	// fields, and sets x.Attempt.Span. tracestate is what the client sent, or nil.
	Inject(x *Exchange, tracestate []byte, out *header.List)
	// AttemptEnd tells that x.Attempt is over.
	AttemptEnd(x *Exchange)
	// Mark tells a stream event. It is called for exchanges with Trace.Sampled.
	Mark(x *Exchange, at Time, k Kind, detail int64)
	// StallBegin and StallEnd frame each time that bytes of x wait for the peer
	// on side s; since is StallBegin's at.
	StallBegin(x *Exchange, s Side, scope Scope, at Time)
	StallEnd(x *Exchange, s Side, scope Scope, since, at Time)
	// Messages tells that n more gRPC messages were seen; sizes are their payload
	// bytes, which may be fewer entries than n never more.
	Messages(x *Exchange, d Dir, sizes []uint32)
	// Retry tells what became of the wish to try x again.
	Retry(x *Exchange, r RetryResult)
	// SlotWait tells how long an attempt waited for a connection or a slot.
	SlotWait(x *Exchange, d time.Duration)
	// End is called once for each Begin; x is complete.
	End(x *Exchange)
}

// FrameCounts counts frames and their bytes, headers of nine bytes included, by
// side, direction and type.
type FrameCounts struct {
	Frames [NumSides][NumDirs][NumFrameTypes]uint64
	Bytes  [NumSides][NumDirs][NumFrameTypes]uint64
	// Credit adds up the increments of WINDOW_UPDATE frames.
	Credit [NumSides][NumDirs]uint64
}

// Source is what an observer may ask of the gateway. The methods are safe for
// concurrent use and ask each worker in turn; they fail when ctx ends or, but for
// Visit, the gateway has stopped.
type Source interface {
	// Streams returns every open stream.
	Streams(ctx context.Context) ([]StreamInfo, error)
	// Connections returns every open connection but those over HTTP/1.1 to
	// endpoints, which net/http keeps to itself.
	Connections(ctx context.Context) ([]ConnectionInfo, error)
	// Stats returns what only the gateway knows at this moment.
	Stats(ctx context.Context) (Stats, error)
	// Visit has each worker call visit on the goroutine that calls its sink, with
	// the number of that sink and the turn, from 0: once a batch, until it returns
	// true. So it may look at what the sink has gathered, a little at each turn.
	// For a worker that has ended, and calls its sink no more, the caller's
	// goroutine does. Calls for different workers, and of different visits once
	// they have ended, overlap; after ctx has ended there may still be some.
	Visit(ctx context.Context, visit func(worker, turn int) (done bool)) error
	// Ready reports whether new requests are welcome: false before the first
	// configuration took effect and from the beginning of a drain.
	Ready() bool
}

// StreamInfo is an open stream as /streams shows it.
type StreamInfo struct {
	ID           uint32     `json:"id"`         // downstream stream id; 0 for HTTP/1.1
	Connection   uint64     `json:"connection"` // downstream connection id
	Listener     string     `json:"listener"`
	Protocol     string     `json:"protocol"`
	Route        string     `json:"route"`
	Method       string     `json:"method"`
	Upstream     string     `json:"upstream"`
	Endpoint     string     `json:"endpoint"`
	UpstreamConn uint64     `json:"upstream_connection"` // id; 0: none yet, or over HTTP/1.1
	AgeSeconds   float64    `json:"age_seconds"`
	BytesRead    uint64     `json:"bytes_read"`    // from the client
	BytesWritten uint64     `json:"bytes_written"` // to the client
	Messages     [2]uint64  `json:"messages"`      // gRPC: read from, written to the client
	Downstream   *Windows   `json:"downstream_windows,omitempty"`
	Upstreamside *Windows   `json:"upstream_windows,omitempty"`
	Stall        *StallInfo `json:"stall,omitempty"`
	Buffered     int64      `json:"buffered_bytes"`
	Glitches     int        `json:"connection_glitches"`              // score of the downstream connection
	Broken       string     `json:"connection_broken_rule,omitempty"` // the rule that its peer broke last
	TraceID      string     `json:"trace_id"`
}

// Windows are a stream's flow-control windows on one side, in bytes. A send
// window may be negative (RFC 9113 §6.9.2).
type Windows struct {
	Send           int64 `json:"send"`
	Receive        int64 `json:"receive"`
	ConnectionSend int64 `json:"connection_send"`
}

// StallInfo is an ongoing stall.
type StallInfo struct {
	Side  string    `json:"side"`
	Scope string    `json:"scope"`
	Since time.Time `json:"since"`
}

// ConnectionInfo is an open connection as /connections shows it.
type ConnectionInfo struct {
	ID             uint64  `json:"id"`
	Side           string  `json:"side"`
	Listener       string  `json:"listener"` // downstream only, else ""
	Upstream       string  `json:"upstream"` // upstream only, else ""
	Endpoint       string  `json:"endpoint"` // upstream only, else ""
	Peer           string  `json:"peer"`     // address:port
	Protocol       string  `json:"protocol"`
	TLS            bool    `json:"tls"`
	AgeSeconds     float64 `json:"age_seconds"`
	OpenedFor      string  `json:"opened_for"`       // upstream only, an [OpenReason], else ""
	Streams        int     `json:"streams"`          // open now
	StreamsOpened  uint64  `json:"streams_opened"`   // since it was opened; 0 over HTTP/1.1, which does not tell
	PeerMaxStreams int64   `json:"peer_max_streams"` // -1: the peer set no limit
	SendWindow     int64   `json:"send_window"`      // of the connection, bytes; 0 over HTTP/1.1, which has none
	ReceiveWindow  int64   `json:"receive_window"`   // of the connection, bytes; 0 over HTTP/1.1, which has none
	RTTSeconds     float64 `json:"rtt_seconds"`      // 0: not measured
	BufferedBytes  int64   `json:"buffered_bytes"`   // that wait for the peer to take them
	Glitches       int64   `json:"glitches"`         // points, see the limit max_glitches

	// Upstream only, and only where an observer counts them.
	Attempts *AttemptsInfo `json:"attempts,omitempty"`
}

// AttemptsInfo counts the attempts on an upstream connection that have ended since
// it was opened.
type AttemptsInfo struct {
	Ended    uint64       `json:"ended"`
	Failed   uint64       `json:"failed"`
	Duration DurationInfo `json:"duration"` // of unary ones
}

// DurationInfo is a histogram in the terms of OpenTelemetry's data model: bucket i
// counts the durations above bound i-1, up to and with bound i.
type DurationInfo struct {
	ExplicitBounds []float64 `json:"explicit_bounds"` // seconds, ascending; read only
	BucketCounts   []uint64  `json:"bucket_counts"`   // one more than bounds
}

// Stats is the gateway's state at one moment, summed over its workers.
type Stats struct {
	BufferedBytes  int64 // held for peers that do not take them
	MaxConnections int64 // downstream connections that are taken; 0: any number
	Overload       [NumOverloads]bool
	Conns          []ConnStats
	Stalls         []StallStats
}

// ConnStats is one HTTP/2 connection at one moment.
type ConnStats struct {
	Conn             *Conn
	Streams          int
	StreamsOpened    uint64 // so far
	SendWindow       int64
	ReceiveWindow    int64
	PeerMaxStreams   int64         // -1: the peer set no limit
	RTT              time.Duration // 0: not measured
	BufferedBytes    int64
	Glitches         int64 // points, see the limit max_glitches
	EncoderTableSize uint32
}

// StallStats sums the ongoing stalls of one kind at one moment.
type StallStats struct {
	Side     Side
	Scope    Scope
	Upstream *UpstreamName
	Streams  int
	Oldest   Time
}
