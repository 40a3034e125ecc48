// Package outcome judges exchanges that ended: whether they failed, of which
// kind they were. Metrics, spans and the access log share its answers.
package outcome

import (
	"github.com/hopscope/hopscope/gateway/event"
)

// GRPCFailed reports whether a gRPC status blames the server: 2 UNKNOWN,
// 4 DEADLINE_EXCEEDED, 8 RESOURCE_EXHAUSTED, 13 INTERNAL, 14 UNAVAILABLE,
// 15 DATA_LOSS.
func GRPCFailed(status int) bool {
	switch status {
	case 2, 4, 8, 13, 14, 15:
		return true
	}
	return false
}

// answerFailed reports whether the answer itself, told whole, is a failure.
func answerFailed(x *event.Exchange) bool {
	return x.Status >= 500 || x.GRPC && GRPCFailed(int(x.GRPCStatus))
}

// Failed reports whether x failed through no fault of the client. An objective
// for availability counts these.
func Failed(x *event.Exchange) bool {
	switch x.Reason {
	case event.EndCompleted:
		return answerFailed(x)
	case event.EndNoRoute, event.EndBadRequest, event.EndNotImplemented, event.EndBodyTooLarge,
		event.EndHeadersTooLarge, event.EndClientReset, event.EndClientGone, event.EndClientError:
		return false
	}
	return true
}

// Abnormal reports whether x is worth a line among the errors and a span of its
// own: it failed, or it was ended by anything but its own end or a reset of the
// client.
func Abnormal(x *event.Exchange) bool {
	return answerFailed(x) || x.Reason != event.EndCompleted && x.Reason != event.EndClientReset
}

// AttemptFailed reports whether the answer of x's last attempt is a failure of
// the endpoint's own.
func AttemptFailed(x *event.Exchange) bool {
	return x.Attempt.Status >= 500 || x.GRPC && GRPCFailed(int(x.GRPCStatus))
}

// StreamBytes is the size of a body above which an exchange without gRPC
// messages is a stream: from there on its duration tells of the link, not of the
// service.
const StreamBytes = 1 << 20

// Stream reports whether x carried a stream: more than one gRPC message one way,
// or a body of more than [StreamBytes].
func Stream(x *event.Exchange) bool {
	if x.GRPC {
		return x.Messages[event.Read] > 1 || x.Messages[event.Written] > 1
	}
	return x.RequestBytes > StreamBytes || x.ResponseBytes > StreamBytes
}
