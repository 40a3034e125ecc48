package metrics

import (
	"encoding/hex"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/telemetry/catalog"
	"github.com/hopscope/hopscope/telemetry/outcome"
)

// ExemplarTraceID is the label of exemplars that holds the trace id, in lower-case hex.
const ExemplarTraceID = "trace_id"

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
	r := s.routeOf(x)
	r.cells.of(s.worker).messages[d].Add(int64(len(sizes)))
	h := r.distributions.Load().messageSize[d]
	for _, n := range sizes {
		h.Observe(float64(n))
	}
}

// End implements [event.Sink].
func (s *Sink) End(x *event.Exchange) {
	r := s.routeOf(x)
	c := r.cells.of(s.worker)
	c.open.Add(-1)
	c.requests[statusClass(x.Status)][grpcStatus(x)].Add(1)
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
	r.distributions.Load().observe(x)
}

// observe takes x in. Its times get an exemplar if its trace is kept: others
// would link nowhere.
func (d *distributions) observe(x *event.Exchange) {
	d.size[event.Read].Observe(float64(x.RequestBytes))
	d.size[event.Written].Observe(float64(x.ResponseBytes))
	kind := 0
	if outcome.Stream(x) {
		kind = 1
	}
	var exemplar prometheus.Labels
	if x.Trace.Sampled {
		exemplar = prometheus.Labels{ExemplarTraceID: hex.EncodeToString(x.Trace.ID[:])}
	}
	whole := x.Finished.Sub(x.Begin).Seconds()
	observe(d.duration[kind], whole, exemplar)
	d.streamDuration.Observe(whole)
	if first := firstByte(x); first != 0 {
		observe(d.firstByte[kind], first.Sub(x.Begin).Seconds(), exemplar)
	}
	if x.RequestSent != 0 && x.Attempts == 1 {
		overhead := x.RequestSent.Sub(x.Begin) - x.Attempt.SlotWait
		observe(d.overhead[kind], max(overhead, 0).Seconds(), exemplar)
	}
}

func observe(h prometheus.Observer, v float64, exemplar prometheus.Labels) {
	if exemplar != nil {
		if h, ok := h.(prometheus.ExemplarObserver); ok {
			h.ObserveWithExemplar(v, exemplar)
			return
		}
	}
	h.Observe(v)
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
	return x.GRPCStatus
}
