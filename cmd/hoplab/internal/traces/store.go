package traces

import (
	"container/list"
	"fmt"
	"slices"
	"strings"
	"sync"

	j "github.com/uber/jaeger-client-go/thrift-gen/jaeger"
)

// maxSpansPerTrace bounds one trace: what comes beyond is dropped and counted
// in the trace's warnings.
const maxSpansPerTrace = 1000

// Store holds the latest traces. It is safe for concurrent use.
type Store struct {
	maxBytes int

	// Guarded by mu.
	mu     sync.RWMutex
	spans  int
	bytes  int                      // of all entries
	traces map[string]*list.Element // of *entry, by trace id
	order  *list.List               // by first arrival, oldest in front
}

// entry is one trace in the making: spans arrive in any order, from any process.
type entry struct {
	id      string
	spans   []stored
	bytes   int
	dropped int
}

type stored struct {
	Span
	process *process
}

// process is shared by the spans of a batch.
type process struct{ Process }

// NewStore returns a store whose spans take about maxBytes of memory at most.
func NewStore(maxBytes int) *Store {
	return &Store{maxBytes: maxBytes, traces: map[string]*list.Element{}, order: list.New()}
}

// add takes the spans of one batch.
func (s *Store) add(b *j.Batch) {
	p := &process{Process{ServiceName: b.Process.ServiceName, Tags: convertTags(b.Process.Tags)}}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, span := range b.Spans {
		s.addSpan(stored{convert(span), p})
	}
	for s.bytes > s.maxBytes {
		s.evict()
	}
}

// addSpan needs mu.
func (s *Store) addSpan(span stored) {
	el := s.traces[span.TraceID]
	if el == nil {
		el = s.order.PushBack(&entry{id: span.TraceID})
		s.traces[span.TraceID] = el
	}
	e := el.Value.(*entry)
	if len(e.spans) >= maxSpansPerTrace {
		e.dropped++
		return
	}
	size := span.size()
	e.spans, e.bytes = append(e.spans, span), e.bytes+size
	s.spans, s.bytes = s.spans+1, s.bytes+size
}

// size estimates the memory of a span in bytes: its text and its structs.
func (s *stored) size() int {
	n := 400 + len(s.OperationName) + len(s.References)*100 + tagsSize(s.Tags)
	for _, l := range s.Logs {
		n += 40 + tagsSize(l.Fields)
	}
	return n
}

func tagsSize(tags []KeyValue) int {
	n := 0
	for _, t := range tags {
		n += 64 + len(t.Key)
		if v, ok := t.Value.(string); ok {
			n += len(v)
		}
	}
	return n
}

// evict needs mu and a store that is not empty.
func (s *Store) evict() {
	el := s.order.Front()
	e := el.Value.(*entry)
	s.order.Remove(el)
	delete(s.traces, e.id)
	s.spans -= len(e.spans)
	s.bytes -= e.bytes
}

// Len returns how many traces and spans are held.
func (s *Store) Len() (traces, spans int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.traces), s.spans
}

// Trace returns the trace with this id (hex, leading zeros optional).
func (s *Store) Trace(id string) (Trace, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	id = normalise(id)
	if el := s.traces[id]; el != nil {
		return el.Value.(*entry).trace(), true
	}
	return Trace{}, false
}

// normalise pads an id to the 16 or 32 digits it is stored under.
func normalise(id string) string {
	id = strings.TrimLeft(strings.ToLower(id), "0")
	width := 16
	if len(id) > 16 {
		width = 32
	}
	if len(id) < width {
		id = strings.Repeat("0", width-len(id)) + id
	}
	return id
}

// trace renders an entry; spans in order of their start.
func (e *entry) trace() Trace {
	t := Trace{TraceID: e.id, Spans: make([]Span, 0, len(e.spans)), Processes: map[string]Process{}, Warnings: []string{}}
	ids := map[*process]string{}
	for _, s := range e.spans {
		id := ids[s.process]
		if id == "" {
			id = processID(t.Processes, s.process)
			ids[s.process] = id
		}
		s.ProcessID = id
		t.Spans = append(t.Spans, s.Span)
	}
	slices.SortStableFunc(t.Spans, func(a, b Span) int { return int(a.StartTime - b.StartTime) })
	if e.dropped > 0 {
		t.Warnings = append(t.Warnings, fmt.Sprintf("%d spans beyond %d were dropped", e.dropped, maxSpansPerTrace))
	}
	return t
}

// processID gives batches of the same process one id.
func processID(known map[string]Process, p *process) string {
	for id, k := range known {
		if k.ServiceName == p.ServiceName && slices.Equal(k.Tags, p.Tags) {
			return id
		}
	}
	id := fmt.Sprintf("p%d", len(known)+1)
	known[id] = p.Process
	return id
}

// Services returns the names of all services that sent spans, sorted.
func (s *Store) Services() []string {
	return s.names(func(sp *stored) (string, bool) { return sp.process.ServiceName, true })
}

// Operations returns the operations of a service, sorted.
func (s *Store) Operations(service string) []string {
	return s.names(func(sp *stored) (string, bool) { return sp.OperationName, sp.process.ServiceName == service })
}

func (s *Store) names(of func(*stored) (string, bool)) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	seen := map[string]struct{}{}
	names := []string{}
	for el := s.order.Front(); el != nil; el = el.Next() {
		e := el.Value.(*entry)
		for i := range e.spans {
			name, ok := of(&e.spans[i])
			if _, dup := seen[name]; ok && !dup {
				seen[name] = struct{}{}
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}
