package conn

import (
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/flow"
	"github.com/hopscope/hopscope/gateway/h2/frame"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/hpack"
	"github.com/hopscope/hopscope/gateway/h2/rule"
)

// Transport takes a connection's bytes. Its methods never block.
type Transport interface {
	// Write takes as many bytes as it can. If it takes fewer than all and returns
	// no error, it is full, and the owner calls Conn.Writable when it no longer is.
	Write(p []byte) (int, error)
	// Unacked returns how many of the bytes that it took the peer has not got, as
	// far as that is known.
	Unacked() int
	// Unanswered reports whether the peer's system does not answer although bytes were
	// sent to it again.
	Unanswered() bool
	// Close ends the connection after what was taken is sent.
	Close()
}

// Owner is told what a connection needs from outside. The calls come from
// within the connection's methods.
type Owner interface {
	// Request brings a new stream (server role). It has to give the stream a
	// handler or end it.
	Request(s *Stream, h Head)
	// Changed tells that slots may have become free or fewer, or that the
	// connection takes no new streams any more (client role).
	Changed(c *Conn)
	// PingAck tells that our PING was answered.
	PingAck(c *Conn, data [8]byte)
	// Closed tells that the connection is over; every stream was reset before.
	Closed(c *Conn, reason event.CloseReason)
}

// Head is a request's header block. List and the slices in Request are valid
// during the call only.
type Head struct {
	List    *header.List
	Request header.Request
	End     bool // END_STREAM: there is no body
	// Refused is set if the block was larger than allowed; List is then cut short
	// and Request not filled in.
	Refused rule.Violation
	// Upgrade: an HTTP/1.1 client asks to switch to another protocol, WebSocket
	// as a rule.
	Upgrade bool
}

// Config are a connection's own limits.
type Config struct {
	MaxConcurrentStreams uint32 // server role
	StreamWindow         uint32 // bytes, receive window per stream
	ConnWindow           uint32 // bytes, receive window of the connection
	MaxHeaderBytes       uint32 // decoded, as RFC 9113 §6.5.2 counts
	MaxHeaderFields      uint32
	MaxGlitches          uint32 // points; 0: any. See glitches.
	GlitchRecovery       uint32 // points taken away per second
	SlowPeerRate         uint32 // bytes per second, see endSlow
	SlowPeerTimeout      time.Duration
	HeaderTimeout        time.Duration // for all fragments of a header block; 0: any

	PingAfter   time.Duration // of silence while streams are open; 0: the peer is never asked
	PingTimeout time.Duration // to answer
}

// Conn is one HTTP/2 connection. All of it belongs to the worker's goroutine.
type Conn struct {
	Info  *event.Conn
	env   *Env
	cfg   Config
	owner Owner
	tr    Transport

	touched   bool // is in env.touched
	opened    uint64
	streams   table
	lingering []lingering // in the order in which they began
	in        input
	out       output
	peer      peerState
	life      lifetime
	glitches  glitches
	broken    rule.Violation // the last one
	alive     liveness
}

// input is the reading half.
type input struct {
	preface int // bytes of the client preface still expected
	partial []byte
	cut     event.Time // since when partial is a header block's frame, or less; 0: it is not
	settled bool       // a SETTINGS frame was read
	window  flow.Receiver
	dec     *hpack.Decoder
	block   blockState
	lastID  uint32        // highest stream id that the peer opened (server role)
	skipped skippedIDs    // below it (server role)
	unacked int           // SETTINGS of ours
	acked   bool          // the first of them was acknowledged
	asked   event.Time    // when the last of them was written
	rtt     time.Duration // from there to its acknowledgement; 0: none yet
	initial initialWindow
	empty   int // consecutive DATA frames without data and END_STREAM
	late    lateFrames
}

// output is the writing half.
type output struct {
	buf     []byte
	sent    int    // bytes of buf the transport has taken
	total   uint64 // bytes ever appended to buf
	ledger  []credit
	ready   ring // streams that have data and stream window
	stalled bool // streams in ready were told that the connection is full
	blocked bool // the transport is full
	held    int  // bytes of buf counted in Env.Buffered
	answers answers
	flooded bool // more answers wait than we hold
	window  flow.Window
	enc     *hpack.Encoder
	nextID  uint32 // client role

	reach      reach
	backlogs   int    // streams that have one
	credited   uint64 // bytes that the peer allowed for the connection
	socketPace pace   // while blocked
	windowPace pace   // while the window is used up and streams wait for it
}

// peerState is what the peer's SETTINGS say.
type peerState struct {
	initialWindow uint32
	maxStreams    uint32 // client role; 0 before the first SETTINGS
	lastID        uint32 // client role; of its GOAWAY
}

// lifetime is how far the connection is on its way out.
type lifetime struct {
	goAwayRead    bool   // the peer sent GOAWAY
	draining      bool   // we sent the first GOAWAY of a drain
	goAwayWritten bool   // and the final one
	lastID        uint32 // the last id of our GOAWAY
	closing       bool   // close as soon as everything is written
	closed        bool
	unused        event.Time // since when it has had no stream
	since         event.Time // when Sweep first saw it closing with no more than gone sent
	gone          uint64     // bytes
	reason        event.CloseReason
	err           error // of the transport
}

// New makes a connection in the role that info.Side implies (downstream: server)
// and writes its preface.
func New(env *Env, cfg Config, info *event.Conn, owner Owner, tr Transport) *Conn {
	c := &Conn{Info: info, env: env, cfg: cfg, owner: owner, tr: tr}
	c.in.window = flow.NewReceiver(flow.InitialWindow)
	c.in.dec = hpack.NewDecoder(&env.scratch, cfg.MaxHeaderBytes, cfg.MaxHeaderFields)
	c.out.enc = hpack.NewEncoder()
	c.out.enc.Plain = !c.server()
	c.out.window = flow.InitialWindow
	c.peer = peerState{initialWindow: flow.InitialWindow, lastID: maxStreamID}
	c.life.unused, c.alive.heard = env.Now, env.Now
	c.streams.init()
	c.initWindow()
	settings := []frame.Setting{
		{ID: frame.InitialWindowSize, Value: c.in.initial.sent},
		{ID: frame.MaxHeaderListSize, Value: cfg.MaxHeaderBytes},
		{ID: frame.NoRFC7540Priorities, Value: 1},
	}
	if c.server() {
		c.in.preface = len(frame.Preface)
		settings = append(settings, frame.Setting{ID: frame.MaxConcurrentStreams, Value: cfg.MaxConcurrentStreams})
	} else {
		c.out.nextID = 1
		c.append([]byte(frame.Preface))
		settings = append(settings, frame.Setting{ID: frame.EnablePush, Value: 0})
	}
	c.writeSettings(settings...)
	if n := c.in.window.Grow(cfg.ConnWindow); n > 0 {
		c.windowUpdate(0, n)
	}
	return c
}

func (c *Conn) server() bool { return c.Info.Side == event.Downstream }

// Streams returns the number of open streams.
func (c *Conn) Streams() int { return c.streams.len() }

// Unused returns for how long the connection has had no stream; 0: it has one, or
// is on its way out.
func (c *Conn) Unused() time.Duration {
	if c.streams.len() > 0 || c.over() || c.life.draining || c.life.goAwayWritten {
		return 0
	}
	return c.env.Now.Sub(c.life.unused)
}

// Slots returns how many more streams may be opened now (client role): none before
// the peer's SETTINGS say how many it takes. RFC 9113 §3.4 would allow to guess,
// but a peer that takes few then refuses the rest. And none while the peer owes an
// answer to a PING.
func (c *Conn) Slots() int {
	if !c.Usable() || !c.in.settled || c.suspect() {
		return 0
	}
	return max(int(min(c.peer.maxStreams, 1<<20))-c.streams.len(), 0)
}

// Full reports whether every stream that the peer allows is open (client role).
func (c *Conn) Full() bool {
	return c.Usable() && c.in.settled && c.streams.len() >= int(min(c.peer.maxStreams, 1<<20))
}

// Unsent returns the bytes that wait for the transport.
func (c *Conn) Unsent() int { return len(c.out.buf) - c.out.sent }

// Settled reports whether the peer's SETTINGS were read.
func (c *Conn) Settled() bool { return c.in.settled }

// Err returns the error with which the transport failed, if it did.
func (c *Conn) Err() error { return c.life.err }

// Usable reports whether the connection takes new streams at all, now or when a
// slot is free (client role).
func (c *Conn) Usable() bool { return !c.life.goAwayRead && !c.life.closing && !c.life.closed }

// Stats returns the connection's state at this moment.
func (c *Conn) Stats() event.ConnStats {
	s := event.ConnStats{
		Conn: c.Info, Streams: c.streams.len(), SendWindow: int64(c.out.window),
		ReceiveWindow: int64(c.in.window.Left()), PeerMaxStreams: int64(c.peer.maxStreams),
		RTT: c.in.rtt, BufferedBytes: int64(c.out.held), Glitches: int64(c.Glitches()), EncoderTableSize: c.out.enc.TableBytes(),
	}
	if c.peer.maxStreams == noLimit {
		s.PeerMaxStreams = -1
	}
	if c.server() {
		s.StreamsOpened = c.opened
	} else {
		s.StreamsOpened = uint64(c.out.nextID / 2) // its ids are odd (RFC 9113 §5.1.1)
	}
	c.streams.each(func(st *Stream) { s.BufferedBytes += int64(st.waiting()) })
	return s
}

const noLimit = 1<<32 - 1

// Opened returns the number of streams that ever got a final response header
// block (client role) or were opened (server role).
func (c *Conn) Opened() uint64 { return c.opened }
