package outcome_test

import (
	"testing"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/outcome"
)

func TestWhoIsToBlame(t *testing.T) {
	for _, c := range []struct {
		name             string
		x                event.Exchange
		failed, abnormal bool
	}{
		{"a response", event.Exchange{Status: 200, GRPCStatus: -1}, false, false},
		{"a response that says the client erred", event.Exchange{Status: 404, GRPCStatus: -1}, false, false},
		{"a server error", event.Exchange{Status: 500, GRPCStatus: -1}, true, true},
		{"gRPC OK", event.Exchange{Status: 200, GRPC: true}, false, false},
		{"gRPC NOT_FOUND", event.Exchange{Status: 200, GRPC: true, GRPCStatus: 5}, false, false},
		{"gRPC UNAVAILABLE", event.Exchange{Status: 200, GRPC: true, GRPCStatus: 14}, true, true},
		{"a grpc-status on what is no gRPC", event.Exchange{Status: 200, GRPCStatus: 14}, false, false},
		{"no route", event.Exchange{Status: 404, GRPCStatus: -1, Reason: event.EndNoRoute}, false, true},
		{"an upgrade", event.Exchange{Status: 501, GRPCStatus: -1, Reason: event.EndNotImplemented}, false, true},
		{"a response that was cut", event.Exchange{Status: 200, GRPCStatus: -1, Reason: event.EndUpstreamGone}, true, true},
		{"a client that lost interest", event.Exchange{Status: 200, GRPCStatus: -1, Reason: event.EndClientReset}, false, false},
		{"a client that vanished", event.Exchange{Status: 200, GRPCStatus: -1, Reason: event.EndClientGone}, false, true},
		{"a timeout", event.Exchange{Status: 504, GRPCStatus: -1, Reason: event.EndTimeout}, true, true},
	} {
		if got := outcome.Failed(&c.x); got != c.failed {
			t.Errorf("%s: Failed = %v", c.name, got)
		}
		if got := outcome.Abnormal(&c.x); got != c.abnormal {
			t.Errorf("%s: Abnormal = %v", c.name, got)
		}
	}
}

func TestAStreamHasMessagesOrALargeBody(t *testing.T) {
	for _, c := range []struct {
		name string
		x    event.Exchange
		want bool
	}{
		{"a unary call", event.Exchange{GRPC: true, Messages: [2]uint64{1, 1}}, false},
		{"a unary call with a large answer", event.Exchange{GRPC: true, Messages: [2]uint64{1, 1}, ResponseBytes: 4 << 20}, false},
		{"a server that streams", event.Exchange{GRPC: true, Messages: [2]uint64{1, 2}}, true},
		{"a client that streams", event.Exchange{GRPC: true, Messages: [2]uint64{2, 1}}, true},
		{"a page", event.Exchange{ResponseBytes: 1 << 20}, false},
		{"a download", event.Exchange{ResponseBytes: 1<<20 + 1}, true},
		{"an upload", event.Exchange{RequestBytes: 1<<20 + 1}, true},
	} {
		if got := outcome.Stream(&c.x); got != c.want {
			t.Errorf("%s: Stream = %v", c.name, got)
		}
	}
}
