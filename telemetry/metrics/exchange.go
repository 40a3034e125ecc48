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
	e := s.endpoint(x.Attempt.Endpoint)
	if e == nil {
		return
	}
	e.streams--
	result := resultOf(x)
	e.attempts[result]++
	bucket := -1 // a stream
	if !outcome.Stream(x) {
		d := seconds(x.Attempt.End.Sub(x.Attempt.Begin))
		bucket = e.duration.observe(s.family(catalog.AttemptDurationSeconds), d, s.exemplar(x, x.Attempt.End))
	}
	if c := x.Attempt.Conn; c != nil {
		if a, ok := c.Observed.(*attempts); ok {
			a.end(result, bucket)
		}
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
	attemptNoSlot
	numAttemptResults
)

func (r attemptResult) String() string {
	return [...]string{
		catalog.ResultOK, catalog.ResultServerError, catalog.ResultReset, catalog.ResultGone,
		catalog.ResultUnreachable, catalog.ResultTimeout, catalog.ResultBadResponse, catalog.ResultCanceled,
		catalog.ResultNoSlot,
	}[r]
}

// failed reports whether the endpoint or the way to it is to blame.
func (r attemptResult) failed() bool { return r != attemptOK && r != attemptCanceled }

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
	case event.EndNoSlot:
		return attemptNoSlot
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
		c.messageSize[d].observe(f, float64(n), nil)
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
	e := s.exemplar(x, x.Finished)
	size := s.family(catalog.StreamSizeBytes)
	c.size[event.Read].observe(size, float64(x.RequestBytes), nil)
	c.size[event.Written].observe(size, float64(x.ResponseBytes), nil)
	whole := seconds(x.Finished.Sub(x.Begin))
	c.duration[kind].observe(s.family(catalog.RequestDurationSeconds), whole, e)
	c.streamDuration.observe(s.family(catalog.StreamDurationSeconds), whole, nil)
	if first := firstByte(x); first != 0 {
		c.firstByte[kind].observe(s.family(catalog.TimeToFirstByteSeconds), seconds(first.Sub(x.Begin)), e)
	}
	if x.RequestSent != 0 && x.Attempts == 1 {
		overhead := x.RequestSent.Sub(x.Begin) - x.Attempt.SlotWait
		c.overhead[kind].observe(s.family(catalog.GatewayOverheadSeconds), seconds(overhead), e)
	}
}

// exemplar returns x as one, nil if its trace is not kept: it would link nowhere.
func (s *Sink) exemplar(x *event.Exchange, at event.Time) *exemplar {
	if !x.Trace.Sampled {
		return nil
	}
	return &exemplar{trace: x.Trace.ID, at: at}
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
