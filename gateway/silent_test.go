package gateway_test

import (
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
)

// silent is an observer that drops what it is told.
type silent struct{}

func (silent) Topology(event.Topology)                                     {}
func (silent) EndpointAdded(*event.Endpoint)                               {}
func (silent) EndpointRemoved(*event.Endpoint)                             {}
func (silent) Sink(int) event.Sink                                         { return silentSink{} }
func (silent) Refused(*event.Listener, event.Refusal)                      {}
func (silent) Handshake(*event.Listener, *event.Endpoint, error)           {}
func (silent) Certificate(*event.Listener, *event.UpstreamName, time.Time) {}
func (silent) Resolved(*event.UpstreamName, error)                         {}
func (silent) AcceptFailed(*event.Listener, error)                         {}
func (silent) Reload(time.Time, error)                                     {}
func (silent) Drain(bool)                                                  {}

type silentSink struct{}

func (silentSink) ConnOpened(*event.Conn) {}

func (silentSink) ConnClosed(*event.Conn, event.CloseReason) {}

func (silentSink) Frames(*event.FrameCounts) {}

func (silentSink) Reset(*event.Conn, event.Dir, event.Code) {}

func (silentSink) GoAway(*event.Conn, event.Dir, event.Code) {}

func (silentSink) Violation(*event.Conn, event.Violation) {}

func (silentSink) PingTimeout(*event.Conn) {}

func (silentSink) Begin(*event.Exchange, *header.List) {}

func (silentSink) AttemptBegin(*event.Exchange) {}

func (silentSink) Inject(*event.Exchange, []byte, *header.List) {}

func (silentSink) AttemptEnd(*event.Exchange) {}

func (silentSink) Mark(*event.Exchange, event.Time, event.Kind, int64) {}

func (silentSink) StallBegin(*event.Exchange, event.Side, event.Scope, event.Time) {}

func (silentSink) StallEnd(*event.Exchange, event.Side, event.Scope, event.Time, event.Time) {}

func (silentSink) Messages(*event.Exchange, event.Dir, []uint32) {}

func (silentSink) Retry(*event.Exchange, event.RetryResult) {}

func (silentSink) SlotWait(*event.Exchange, time.Duration) {}

func (silentSink) End(*event.Exchange) {}
