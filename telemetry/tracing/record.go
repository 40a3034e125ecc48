package tracing

import (
	"bytes"
	"time"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
)

// record is what the spans of an exchange need beside it. The exchange's worker
// owns it.
type record struct {
	name    string // of the spans
	path    string // of the request, without its query
	by      verdict
	debugID string
	late    bool // the span is made after the fact
	// offset is that of the wall clock when the record was made: all spans of an
	// exchange have the same, so that a step moves none against another.
	offset  time.Duration
	details *details // of the server span
}

func newRecord(in *header.List, by verdict, debugID []byte, trust config.TraceTrust) *record {
	path, _ := in.Get(header.Path)
	path, _, _ = bytes.Cut(path, []byte("?"))
	r := &record{path: string(path[:min(len(path), maxTagBytes)]), by: by}
	if trust == config.TraceContinue {
		r.debugID = string(debugID)
	}
	return r
}

func routeName(x *event.Exchange) string {
	if x.Route == nil {
		return "none"
	}
	return x.Route.Name
}
