package metrics

import (
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
)

// Off is the observer of a gateway whose metrics are switched off. It is its own
// sink and does nothing.
type Off struct{}

var (
	_ event.Observer = Off{}
	_ event.Sink     = Off{}
)

// Topology implements [event.Observer].
func (Off) Topology(event.Topology) {}

// EndpointAdded implements [event.Observer].
func (Off) EndpointAdded(*event.Endpoint) {}

// EndpointRemoved implements [event.Observer].
func (Off) EndpointRemoved(*event.Endpoint) {}

// Sink implements [event.Observer].
func (Off) Sink(int) event.Sink { return Off{} }

// Refused implements [event.Observer].
func (Off) Refused(*event.Listener, event.Refusal) {}

// Handshake implements [event.Observer].
func (Off) Handshake(*event.Listener, *event.Endpoint, error) {}

// Certificate implements [event.Observer].
func (Off) Certificate(*event.Listener, *event.UpstreamName, time.Time) {}

// Resolved implements [event.Observer].
func (Off) Resolved(*event.UpstreamName, error) {}

// AcceptFailed implements [event.Observer].
func (Off) AcceptFailed(*event.Listener, error) {}

// Reload implements [event.Observer].
func (Off) Reload(time.Time, error) {}

// Drain implements [event.Observer].
func (Off) Drain(bool) {}

// ConnOpened implements [event.Sink].
func (Off) ConnOpened(*event.Conn) {}

// ConnClosed implements [event.Sink].
func (Off) ConnClosed(*event.Conn, event.CloseReason) {}

// Frames implements [event.Sink].
func (Off) Frames(*event.FrameCounts) {}

// Reset implements [event.Sink].
func (Off) Reset(*event.Conn, event.Dir, event.Code) {}

// GoAway implements [event.Sink].
func (Off) GoAway(*event.Conn, event.Dir, event.Code) {}

// Violation implements [event.Sink].
func (Off) Violation(*event.Conn, event.Violation) {}

// PingTimeout implements [event.Sink].
func (Off) PingTimeout(*event.Conn) {}

// Begin implements [event.Sink].
func (Off) Begin(*event.Exchange, *header.List) {}

// AttemptBegin implements [event.Sink].
func (Off) AttemptBegin(*event.Exchange) {}

// Inject implements [event.Sink].
func (Off) Inject(*event.Exchange, []byte, *header.List) {}

// AttemptEnd implements [event.Sink].
func (Off) AttemptEnd(*event.Exchange) {}

// Mark implements [event.Sink].
func (Off) Mark(*event.Exchange, event.Time, event.Kind, int64) {}

// StallBegin implements [event.Sink].
func (Off) StallBegin(*event.Exchange, event.Side, event.Scope, event.Time) {}

// StallEnd implements [event.Sink].
func (Off) StallEnd(*event.Exchange, event.Side, event.Scope, event.Time, event.Time) {}

// Messages implements [event.Sink].
func (Off) Messages(*event.Exchange, event.Dir, []uint32) {}

// Retry implements [event.Sink].
func (Off) Retry(*event.Exchange, event.RetryResult) {}

// SlotWait implements [event.Sink].
func (Off) SlotWait(*event.Exchange, time.Duration) {}

// End implements [event.Sink].
func (Off) End(*event.Exchange) {}
