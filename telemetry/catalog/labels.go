package catalog

import (
	"fmt"
	"strconv"

	"github.com/hopscope/hopscope/gateway/event"
)

// Label is a label of a metric family. Its values are Values if that is not
// nil, else names whose number Bound limits.
type Label struct {
	Name   string
	Values []string
	Bound  string
	Help   string
}

// MaxEndpoints is the number of endpoints of one upstream that have a label
// value of their own; the others share [Other].
const MaxEndpoints = 64

// Label values that stand for what has none of its own.
const (
	Other = "other" // more values exist than are told apart
	Empty = "none"  // there is no value
)

// Names of labels that queries use.
const (
	LabelRoute       = "route"
	LabelUpstream    = "upstream"
	LabelEndpoint    = "endpoint"
	LabelSide        = "side"
	LabelDir         = "dir"
	LabelScope       = "scope"
	LabelCode        = "code"
	LabelFrame       = "frame"
	LabelProto       = "proto"
	LabelKind        = "kind"
	LabelReason      = "reason"
	LabelOrigin      = "origin"
	LabelResult      = "result"
	LabelPhase       = "phase"
	LabelStat        = "stat"
	LabelName        = "name"
	LabelStatusClass = "status_class"
	LabelGRPCStatus  = "grpc_status"
	LabelMetric      = "metric"
	LabelVersion     = "version"
	LabelRevision    = "revision"
	LabelGoVersion   = "goversion"
	LabelListener    = "listener"
	LabelCause       = "cause"
)

// Values of the label kind: unary or stream.
const (
	KindUnary  = "unary"
	KindStream = "stream"
)

// Values of the label phase of idle streams.
const (
	PhaseBeforeHeaders = "before_headers"
	PhaseAfterHeaders  = "after_headers"
)

// SideAdmin is the value of the label side, and of name, for the certificate of
// the admin server.
const SideAdmin = "admin"

// Values of the label stat of gauges that sum connections up.
const (
	StatMin = "min"
	StatMax = "max"
	StatSum = "sum"
)

// Values of the label result.
const (
	ResultOK          = "ok"
	ResultError       = "error"
	ResultErr         = "err" // as jaeger-client-go spells it
	ResultDropped     = "dropped"
	ResultServerError = "server_error"
	ResultReset       = "reset"
	ResultGone        = "gone"
	ResultUnreachable = "unreachable"
	ResultNoSlot      = "no_stream_slot"
	ResultTimeout     = "timeout"
	ResultBadResponse = "bad_response"
	ResultCanceled    = "canceled"
)

var (
	route    = Label{Name: LabelRoute, Bound: "routes, and none", Help: "name of the route; none: no route matched"}
	upstream = Label{Name: LabelUpstream, Bound: "upstreams, and none", Help: "name of the upstream; none: there is no upstream to name"}
	endpoint = Label{
		Name: LabelEndpoint, Bound: fmt.Sprintf("%d for each upstream, and other", MaxEndpoints),
		Help: "host:port as it was resolved",
	}
	side = Label{
		Name: LabelSide, Values: names(event.NumSides),
		Help: "the peer that is meant: downstream is the client's side, upstream the origin's",
	}
	dir    = Label{Name: LabelDir, Values: names(event.NumDirs), Help: "read from the peer or written to it"}
	bodyOf = Label{Name: LabelDir, Values: names(event.NumDirs), Help: "read from the client or written to it"}
	scope  = Label{
		Name: LabelScope, Values: names(event.NumScopes),
		Help: "what is waited for: stream is the stream's window; connection is the connection's window or its socket",
	}
	frame      = Label{Name: LabelFrame, Values: frames(), Help: "frame type of RFC 9113 §6; unknown: any other"}
	code       = Label{Name: LabelCode, Values: codes(), Help: "error code of RFC 9113 §7; other: any other"}
	proto      = Label{Name: LabelProto, Values: names(event.NumProtos), Help: "protocol of the connection"}
	kind       = Label{Name: LabelKind, Values: []string{KindUnary, KindStream}, Help: "stream: more than one gRPC message one way, or a body over 1 MiB; unary: the others"}
	endReason  = Label{Name: LabelReason, Values: names(event.NumEndReasons), Help: "why it ended"}
	origin     = Label{Name: LabelOrigin, Values: names(event.NumOrigins), Help: "who ended it"}
	closeWhy   = Label{Name: LabelReason, Values: names(event.NumCloseReasons), Help: "why it was closed"}
	listener   = Label{Name: LabelListener, Bound: "listeners", Help: "name of the listener"}
	refusal    = Label{Name: LabelReason, Values: names(event.NumRefusals), Help: "the limit that was reached"}
	overload   = Label{Name: LabelCause, Values: names(event.NumOverloads), Help: "what the gateway runs short of"}
	violation  = Label{Name: LabelKind, Values: names(event.NumViolations)[1:], Help: "the rule that was broken"}
	retry      = Label{Name: LabelResult, Values: names(event.NumRetryResults), Help: "what became of the wish"}
	okOrError  = Label{Name: LabelResult, Values: []string{ResultOK, ResultError}, Help: "ok or error"}
	phase      = Label{Name: LabelPhase, Values: []string{PhaseBeforeHeaders, PhaseAfterHeaders}, Help: "whether the response headers had been read"}
	stat       = Label{Name: LabelStat, Values: []string{StatMin, StatMax, StatSum}, Help: "over the connections open now"}
	spanResult = Label{
		Name: LabelResult, Values: []string{ResultOK, ResultErr, ResultDropped},
		Help: "ok: the collector took it; err: sending failed; dropped: the queue was full",
	}
	attemptResult = Label{
		Name: LabelResult,
		Values: []string{
			ResultOK, ResultServerError, ResultReset, ResultGone, ResultUnreachable, ResultTimeout,
			ResultBadResponse, ResultCanceled, ResultNoSlot,
		},
		Help: "ok: a response came to its end; server_error: it did, with status 5xx or gRPC status 2, 4, 8, 13, 14 or 15; " +
			"no_stream_slot: every stream that the endpoint allows stayed in use; canceled: the client or the gateway gave up first",
	}
	statusClass = Label{
		Name: LabelStatusClass, Values: []string{"1xx", "2xx", "3xx", "4xx", "5xx", Empty},
		Help: "class of the status sent to the client; none: nothing was sent",
	}
	grpcStatus = Label{
		Name: LabelGRPCStatus, Values: grpcStatuses(),
		Help: "gRPC status code; none: no status was sent, or it was no gRPC request",
	}
)

// MaxGRPCStatus is the greatest status code that gRPC names.
const MaxGRPCStatus = 16

// GRPCStatus returns the label value of a gRPC status code; -1 means there is none.
func GRPCStatus(status int) string {
	switch {
	case status == -1:
		return Empty
	case status < 0 || status > MaxGRPCStatus:
		return Other
	}
	return strconv.Itoa(status)
}

func grpcStatuses() []string {
	var all []string
	for s := range MaxGRPCStatus + 1 {
		all = append(all, GRPCStatus(s))
	}
	return append(all, Other, Empty)
}

// names returns the label values of a closed set that has n members.
func names[T interface {
	~uint8
	String() string
}](n T,
) []string {
	all := make([]string, n)
	for i := range n {
		all[i] = i.String()
	}
	return all
}

func frames() []string {
	all := make([]string, event.NumFrameTypes)
	for i := range all {
		all[i] = event.FrameName(uint8(i))
	}
	return all
}

func codes() []string {
	all := make([]string, event.NumCodes)
	for i := range all {
		all[i] = event.Code(i).Label()
	}
	return all
}
