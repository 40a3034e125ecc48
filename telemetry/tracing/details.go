package tracing

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/opentracing/opentracing-go"
	"github.com/opentracing/opentracing-go/log"
	"github.com/uber/jaeger-client-go"

	"github.com/hopscope/hopscope/gateway/event"
)

// tag is a key and a value, of a span or of a log.
type tag struct {
	key  string
	kind tagKind
	num  uint64 // the bits of what is no text
	text string
}

type tagKind uint8

const (
	tagText  tagKind = iota
	tagFloat         // num: IEEE 754
	tagFlag          // num: 0 or 1
	tagInt           // num: two's complement
)

// value returns what opentracing takes for the tag's value.
func (t *tag) value() any {
	switch t.kind {
	case tagFloat:
		return math.Float64frombits(t.num)
	case tagFlag:
		return t.num != 0
	case tagInt:
		return int64(t.num)
	default:
		return t.text
	}
}

// details are the tags and logs of a span. Jaeger's span carries them to our own
// senders as they are: setting tags one by one costs it more than everything else
// of a span. Whoever makes the span owns them until it is finished, the sender
// from then on.
type details struct {
	tags []tag
	logs []mark
	// overwritten counts the logs that are no longer among logs.
	overwritten int
	// carrier is the log record by which a span carries the details. Of all that
	// a span takes, logs are what it gives back at the least cost.
	carrier [1]opentracing.LogRecord
}

func newDetails() *details {
	d := &details{tags: make([]tag, 0, usualTags)}
	d.carrier[0].Fields = []log.Field{log.Object("details", d)}
	return d
}

// usualTags is what a server span of a gRPC call has, or less.
const usualTags = 24

// mark is a stream event; it becomes a log.
type mark struct {
	at       event.Time
	detail   int64
	progress *progress // of event.MarkProgress
	kind     event.Kind
}

type progress struct{ requestBytes, responseBytes, read, written uint64 }

// str adds a tag of text, of which it takes maxTagBytes.
func (d *details) str(key, value string) {
	d.tags = append(d.tags, tag{key: key, kind: tagText, text: value[:min(len(value), maxTagBytes)]})
}

// strIf adds a tag of text unless it is empty.
func (d *details) strIf(key, value string) {
	if value != "" {
		d.str(key, value)
	}
}

func (d *details) float(key string, value float64) {
	d.tags = append(d.tags, tag{key: key, kind: tagFloat, num: math.Float64bits(value)})
}

// flag adds a tag that is true.
func (d *details) flag(key string) {
	d.tags = append(d.tags, tag{key: key, kind: tagFlag, num: 1})
}

// integer adds a tag; Jaeger knows signed numbers of 64 bits only.
func integer[N int | uint8 | int16 | uint16 | uint32 | uint64](d *details, key string, value N) {
	d.tags = append(d.tags, tag{key: key, kind: tagInt, num: uint64(value)})
}

// keptLast is how many of maxLogsPerSpan logs are the last ones: how a long
// stream began and how it ended tell more than its middle.
const keptLast = 16

// mark adds a log. Beyond maxLogsPerSpan it takes the place of the oldest of the
// last ones.
func (d *details) mark(x *event.Exchange, at event.Time, k event.Kind, detail int64) {
	m := mark{at: at, kind: k, detail: detail}
	if k == event.MarkProgress {
		m.progress = &progress{x.RequestBytes, x.ResponseBytes, x.Messages[event.Read], x.Messages[event.Written]}
	}
	if len(d.logs) < maxLogsPerSpan {
		d.logs = append(d.logs, m)
		return
	}
	d.logs[maxLogsPerSpan-keptLast+d.overwritten%keptLast] = m
	d.overwritten++
}

// sortLogs puts the logs in the order of their times.
func (d *details) sortLogs() {
	slices.SortStableFunc(d.logs, func(a, b mark) int { return cmp.Compare(a.at, b.at) })
}

// shift moves the logs to the time of the wall clock.
func (d *details) shift(offset time.Duration) {
	for i := range d.logs {
		d.logs[i].at = d.logs[i].at.Add(offset)
	}
}

// maxLogFields is the greatest number of fields of a log.
const maxLogFields = 5

// eventKey is the key of a log's name.
const eventKey = "event"

// fields returns the fields of the log, the event's name first, in room.
func (m *mark) fields(room *[maxLogFields]tag) []tag {
	text := func(key, value string) tag { return tag{key: key, kind: tagText, text: value} }
	number := func(key string, value uint64) tag { return tag{key: key, kind: tagInt, num: value} }
	room[0] = text(eventKey, m.kind.String())
	n := 2
	switch m.kind {
	case event.MarkInformational, event.MarkResponseHeaders:
		room[1] = number("status", uint64(m.detail))
	case event.MarkStall, event.MarkResume:
		room[1] = text("scope", event.Scope(m.detail).String())
	case event.MarkResetRead, event.MarkResetWritten, event.MarkGoAway:
		room[1] = text("code", event.Code(m.detail).Label())
	case event.MarkRetry:
		room[1] = number("attempt", uint64(m.detail))
	case event.MarkProgress:
		room[1] = number("request_bytes", m.progress.requestBytes)
		room[2] = number("response_bytes", m.progress.responseBytes)
		room[3] = number("messages_read", m.progress.read)
		room[4] = number("messages_written", m.progress.written)
		n = 5
	default:
		n = 1
	}
	return room[:n]
}

// detailsPool keeps details for use again: workers take them, the reporter's
// goroutine puts them back.
type detailsPool struct{ pool sync.Pool }

func (p *detailsPool) get() *details {
	if d, ok := p.pool.Get().(*details); ok {
		return d
	}
	return newDetails()
}

func (p *detailsPool) put(d *details) {
	d.reset()
	p.pool.Put(d)
}

// reset empties the details and keeps their memory.
func (d *details) reset() {
	clear(d.tags) // lets go of texts
	clear(d.logs)
	d.tags, d.logs, d.overwritten = d.tags[:0], d.logs[:0], 0
}

// carriedBy returns the details that a finished span carries: see newDetails.
func carriedBy(s *jaeger.Span) *details {
	for _, l := range s.Logs() {
		if len(l.Fields) == 1 {
			if d, ok := l.Fields[0].Value().(*details); ok {
				return d
			}
		}
	}
	return &details{}
}

// spread sets the tags on s, as jaeger's own senders need them, and returns the
// logs for its end.
func (d *details) spread(s opentracing.Span) []opentracing.LogRecord {
	for i := range d.tags {
		s.SetTag(d.tags[i].key, d.tags[i].value())
	}
	records := make([]opentracing.LogRecord, len(d.logs))
	var room [maxLogFields]tag
	for i := range d.logs {
		records[i].Timestamp = d.logs[i].at.Std()
		for _, f := range d.logs[i].fields(&room) {
			if f.kind == tagText {
				records[i].Fields = append(records[i].Fields, log.String(f.key, f.text))
			} else {
				records[i].Fields = append(records[i].Fields, log.Int64(f.key, int64(f.num)))
			}
		}
	}
	return records
}
