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
	s.route(x).open++
}

// AttemptBegin implements [event.Sink].
func (s *Sink) AttemptBegin(x *event.Exchange) {
	if e := s.endpoint(x.Attempt.Endpoint); e != nil {
		e.streams++
	}
}

// AttemptEnd implements [event.Sink].
func (s *Sink) AttemptEnd(x *event.Exchange) {
	if e := s.endpoint(x.Attempt.Endpoint); e != nil {
		e.streams--
		e.attempts[resultOf(x)]++
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
	c := s.route(x)
	c.messages[d] += int64(len(sizes))
	f := s.family(catalog.GRPCMessageBytes)
	for _, n := range sizes {
		c.messageSize[d].observe(f, float64(n))
	}
}

// End implements [event.Sink].
func (s *Sink) End(x *event.Exchange) {
	c := s.route(x)
	c.open--
	c.requests[statusClass(int(x.Status))][grpcStatus(x)]++
	c.ends[x.Reason][x.Origin]++
	if outcome.Failed(x) {
		c.failures++
	}
	if x.Reason == event.EndIdle {
		after := 0
		if x.ResponseBegin != 0 {
			after = 1
		}
		c.idle[after]++
	}
	s.observe(&c.distributions, x)
}

// observe puts x into the histograms of its route.
func (s *Sink) observe(c *distributions, x *event.Exchange) {
	kind := 0
	if outcome.Stream(x) {
		kind = 1
	}
	size := s.family(catalog.StreamSizeBytes)
	c.size[event.Read].observe(size, float64(x.RequestBytes))
	c.size[event.Written].observe(size, float64(x.ResponseBytes))
	whole := seconds(x.Finished.Sub(x.Begin))
	s.observeTime(&c.duration[kind], catalog.RequestDurationSeconds, x, whole)
	c.streamDuration.observe(s.family(catalog.StreamDurationSeconds), whole)
	if first := firstByte(x); first != 0 {
		s.observeTime(&c.firstByte[kind], catalog.TimeToFirstByteSeconds, x, seconds(first.Sub(x.Begin)))
	}
	if x.RequestSent != 0 && x.Attempts == 1 {
		s.observeTime(&c.overhead[kind], catalog.GatewayOverheadSeconds, x, seconds(x.RequestSent.Sub(x.Begin)-x.Attempt.SlotWait))
	}
}

// observeTime counts a time of x in seconds, as an exemplar if x's trace is kept:
// others would link nowhere.
func (s *Sink) observeTime(h *histogram, of catalog.Histogram, x *event.Exchange, v float64) {
	if x.Trace.Sampled {
		h.observeTraced(s.family(of), v, x.Trace.ID, x.Finished)
	} else {
		h.observe(s.family(of), v)
	}
}

// seconds returns d in seconds, 0 if it is negative. It spares the integer
// divisions of [time.Duration.Seconds].
func seconds(d time.Duration) float64 { return float64(max(d, 0)) / 1e9 }

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
