package metrics

import (
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/telemetry/catalog"
	"github.com/hopscope/hopscope/telemetry/outcome"
)

// Begin implements [event.Sink].
func (s *Sink) Begin(x *event.Exchange, _ *header.List) {
	s.routeOf(x).cells.of(s.worker).open.Add(1)
}

// AttemptBegin implements [event.Sink].
func (s *Sink) AttemptBegin(x *event.Exchange) {
	if e := s.endpoint(x.Attempt.Endpoint); e != nil {
		e.streams.Add(1)
	}
}

// AttemptEnd implements [event.Sink].
func (s *Sink) AttemptEnd(x *event.Exchange) {
	if e := s.endpoint(x.Attempt.Endpoint); e != nil {
		e.streams.Add(-1)
		e.attempts[resultOf(x)].Add(1)
	}
}

// attemptResult is a value of the label result of attempts.
type attemptResult uint8

const (
	attemptOK attemptResult = iota
	attemptServerError
	attemptReset
	attemptGone
	attemptUnreachable
	attemptTimeout
	attemptBadResponse
	attemptCanceled
	numAttemptResults
)

func (r attemptResult) String() string {
	return [...]string{
		catalog.ResultOK, catalog.ResultServerError, catalog.ResultReset, catalog.ResultGone,
		catalog.ResultUnreachable, catalog.ResultTimeout, catalog.ResultBadResponse, catalog.ResultCanceled,
	}[r]
}

// resultOf judges x's last attempt.
func resultOf(x *event.Exchange) attemptResult {
	switch x.Attempt.Reason {
	case event.EndCompleted:
		if outcome.AttemptFailed(x) {
			return attemptServerError
		}
		return attemptOK
	case event.EndUpstreamReset:
		return attemptReset
	case event.EndUpstreamGone:
		return attemptGone
	case event.EndUnreachable:
		return attemptUnreachable
	case event.EndTimeout, event.EndIdle:
		return attemptTimeout
	case event.EndBadResponse:
		return attemptBadResponse
	}
	return attemptCanceled
}

// Messages implements [event.Sink].
func (s *Sink) Messages(x *event.Exchange, d event.Dir, sizes []uint32) {
	c := s.routeOf(x).cells.of(s.worker)
	c.messages[d].Add(int64(len(sizes)))
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range sizes {
		c.messageSize[d].observe(s.family(catalog.GRPCMessageBytes), float64(n))
	}
}

// End implements [event.Sink].
func (s *Sink) End(x *event.Exchange) {
	c := s.routeOf(x).cells.of(s.worker)
	c.open.Add(-1)
	c.requests[statusClass(int(x.Status))][grpcStatus(x)].Add(1)
	c.ends[x.Reason][x.Origin].Add(1)
	if outcome.Failed(x) {
		c.failures.Add(1)
	}
	if x.Reason == event.EndIdle {
		after := 0
		if x.ResponseBegin != 0 {
			after = 1
		}
		c.idle[after].Add(1)
	}
	s.observe(c, x)
}

// observe puts x into the histograms of its route.
func (s *Sink) observe(c *routeCells, x *event.Exchange) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kind := 0
	if outcome.Stream(x) {
		kind = 1
	}
	size := s.family(catalog.StreamSizeBytes)
	c.size[event.Read].observe(size, float64(x.RequestBytes))
	c.size[event.Written].observe(size, float64(x.ResponseBytes))
	whole := x.Finished.Sub(x.Begin)
	s.observeTime(&c.duration[kind], catalog.RequestDurationSeconds, x, whole)
	c.streamDuration.observe(s.family(catalog.StreamDurationSeconds), max(whole, 0).Seconds())
	if first := firstByte(x); first != 0 {
		s.observeTime(&c.firstByte[kind], catalog.TimeToFirstByteSeconds, x, first.Sub(x.Begin))
	}
	if x.RequestSent != 0 && x.Attempts == 1 {
		s.observeTime(&c.overhead[kind], catalog.GatewayOverheadSeconds, x, x.RequestSent.Sub(x.Begin)-x.Attempt.SlotWait)
	}
}

// observeTime counts a time of x, as an exemplar if x's trace is kept: others
// would link nowhere.
func (s *Sink) observeTime(h *histogram, of catalog.Histogram, x *event.Exchange, d time.Duration) {
	if v := max(d, 0).Seconds(); x.Trace.Sampled {
		h.observeTraced(s.family(of), v, x.Trace.ID, x.Finished)
	} else {
		h.observe(s.family(of), v)
	}
}

// firstByte returns when x's response began to arrive: its body, or its headers
// if it has none.
func firstByte(x *event.Exchange) event.Time {
	if x.FirstByte != 0 {
		return x.FirstByte
	}
	return x.ResponseBegin
}

// statusClass returns the index of a status's class: 0 for none, 1 to 5.
func statusClass(status int) int {
	if status < 100 || status > 599 {
		return 0
	}
	return status / 100
}

// Indexes of the last two values of the label grpc_status.
const (
	grpcOther = catalog.MaxGRPCStatus + 1
	grpcNone  = catalog.MaxGRPCStatus + 2
)

// grpcStatus returns the index of x's gRPC status.
func grpcStatus(x *event.Exchange) int {
	switch {
	case !x.GRPC || x.GRPCStatus == -1:
		return grpcNone
	case x.GRPCStatus < 0 || x.GRPCStatus > catalog.MaxGRPCStatus:
		return grpcOther
	}
	return int(x.GRPCStatus)
}
