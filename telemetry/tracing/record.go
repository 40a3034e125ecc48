package tracing

import (
	"bytes"
	"slices"

	"github.com/opentracing/opentracing-go"
	"github.com/opentracing/opentracing-go/log"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
)

// record is what the server span needs beside the exchange. The exchange's
// worker owns it.
type record struct {
	path    string // of the request, without its query
	by      verdict
	debugID string
	late    bool // the span is made after the fact
	logs    []opentracing.LogRecord
	dropped int // logs
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

// keptLast is how many of maxLogsPerSpan logs are the last ones: how a long
// stream began and how it ended tell more than its middle.
const keptLast = 16

// mark adds a log. Beyond maxLogsPerSpan it takes the place of the oldest of the
// last ones.
func (r *record) mark(x *event.Exchange, at event.Time, k event.Kind, detail int64) {
	entry := opentracing.LogRecord{Timestamp: at.Std(), Fields: logFields(x, k, detail)}
	if len(r.logs) < maxLogsPerSpan {
		r.logs = append(r.logs, entry)
		return
	}
	r.logs[maxLogsPerSpan-keptLast+r.dropped%keptLast] = entry
	r.dropped++
}

// inOrder returns the logs in the order of their times.
func (r *record) inOrder() []opentracing.LogRecord {
	slices.SortStableFunc(r.logs, func(a, b opentracing.LogRecord) int { return a.Timestamp.Compare(b.Timestamp) })
	return r.logs
}

func logFields(x *event.Exchange, k event.Kind, detail int64) []log.Field {
	fields := []log.Field{log.String("event", k.String())}
	switch k {
	case event.MarkInformational, event.MarkResponseHeaders:
		fields = append(fields, log.Int64("status", detail))
	case event.MarkStall, event.MarkResume:
		fields = append(fields, log.String("scope", event.Scope(detail).String()))
	case event.MarkResetRead, event.MarkResetWritten, event.MarkGoAway:
		fields = append(fields, log.String("code", event.Code(detail).Label()))
	case event.MarkRetry:
		fields = append(fields, log.Int64("attempt", detail))
	case event.MarkProgress:
		fields = append(fields,
			log.Uint64("request_bytes", x.RequestBytes), log.Uint64("response_bytes", x.ResponseBytes),
			log.Uint64("messages_read", x.Messages[event.Read]), log.Uint64("messages_written", x.Messages[event.Written]))
	}
	return fields
}
