package traces

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

const (
	defaultLimit = 20
	maxLimit     = 1500
)

// Query selects traces: one span must match all of it.
type Query struct {
	Service     string
	Operation   string            // "" for any
	Tags        map[string]string // values as text; an error=true tag matches a bool too
	Start, End  time.Time         // of the span's start; zero for open
	MinDuration time.Duration
	MaxDuration time.Duration // 0 for any
	Limit       int
}

// ParseQuery reads the parameters of Jaeger's search. The error names the
// parameter and its value.
func ParseQuery(v url.Values, now time.Time) (Query, error) {
	q := Query{Service: v.Get("service"), Operation: v.Get("operation"), Limit: defaultLimit, Tags: map[string]string{}}
	if q.Service == "" {
		return q, fmt.Errorf("parameter service is required")
	}
	if s := v.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > maxLimit {
			return q, fmt.Errorf("limit=%s: want 1 to %d", s, maxLimit)
		}
		q.Limit = n
	}
	if s := v.Get("tags"); s != "" {
		if err := json.Unmarshal([]byte(s), &q.Tags); err != nil {
			return q, fmt.Errorf(`tags=%s: want a JSON object of strings, such as {"error":"true"}`, s)
		}
	}
	for _, s := range v["tag"] {
		key, value, ok := cutTag(s)
		if !ok {
			return q, fmt.Errorf("tag=%s: want key:value", s)
		}
		q.Tags[key] = value
	}
	return q, q.parseTimes(v, now)
}

func (q *Query) parseTimes(v url.Values, now time.Time) error {
	for _, p := range []struct {
		name string
		into *time.Time
	}{{"start", &q.Start}, {"end", &q.End}} {
		s := v.Get(p.name)
		if s == "" {
			continue
		}
		us, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return fmt.Errorf("%s=%s: want microseconds since 1970", p.name, s)
		}
		*p.into = time.UnixMicro(us)
	}
	var lookback time.Duration
	for _, p := range []struct {
		name string
		into *time.Duration
	}{{"minDuration", &q.MinDuration}, {"maxDuration", &q.MaxDuration}, {"lookback", &lookback}} {
		s := v.Get(p.name)
		// Jaeger's UI sends this word beside a start and an end of its own.
		if s == "" || p.name == "lookback" && s == "custom" {
			continue
		}
		d, err := parseDuration(s)
		if err != nil {
			return fmt.Errorf("%s=%s: want a duration such as 100ms, 1h or 2d", p.name, s)
		}
		*p.into = d
	}
	if lookback > 0 && q.Start.IsZero() {
		q.Start = now.Add(-lookback)
	}
	return nil
}

// parseDuration is time.ParseDuration and whole days and weeks, which Jaeger's
// UI offers.
func parseDuration(s string) (time.Duration, error) {
	for suffix, day := range map[byte]time.Duration{'d': 24 * time.Hour, 'w': 7 * 24 * time.Hour} {
		if s[len(s)-1] == suffix {
			n, err := strconv.ParseUint(s[:len(s)-1], 10, 16)
			return time.Duration(n) * day, err
		}
	}
	return time.ParseDuration(s)
}

func cutTag(s string) (key, value string, ok bool) {
	for i := range s {
		if s[i] == ':' {
			return s[:i], s[i+1:], i > 0
		}
	}
	return "", "", false
}

// Find returns the traces in which a span matches, newest first.
func (s *Store) Find(q Query) []Trace {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := []Trace{}
	for el := s.order.Back(); el != nil && len(found) < q.Limit; el = el.Prev() {
		e := el.Value.(*entry)
		for i := range e.spans {
			if q.matches(&e.spans[i]) {
				found = append(found, e.trace())
				break
			}
		}
	}
	return found
}

func (q *Query) matches(s *stored) bool {
	start, took := time.UnixMicro(s.StartTime), time.Duration(s.Duration)*time.Microsecond
	switch {
	case s.process.ServiceName != q.Service,
		q.Operation != "" && s.OperationName != q.Operation,
		!q.Start.IsZero() && start.Before(q.Start),
		!q.End.IsZero() && start.After(q.End),
		took < q.MinDuration,
		q.MaxDuration > 0 && took > q.MaxDuration:
		return false
	}
	for key, want := range q.Tags {
		if !s.hasTag(key, want) {
			return false
		}
	}
	return true
}

// hasTag looks where Jaeger does: the span, its process and its logs.
func (s *stored) hasTag(key, want string) bool {
	if anyTag(s.Tags, key, want) || anyTag(s.process.Tags, key, want) {
		return true
	}
	for _, l := range s.Logs {
		if anyTag(l.Fields, key, want) {
			return true
		}
	}
	return false
}

func anyTag(tags []KeyValue, key, want string) bool {
	for _, t := range tags {
		if t.Key == key && fmt.Sprint(t.Value) == want {
			return true
		}
	}
	return false
}
