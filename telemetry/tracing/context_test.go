package tracing

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
)

const (
	trace128 = "4bf92f3577b34da6a3ce929d0e0e4736"
	trace64  = "a3ce929d0e0e4736"
	span64   = "00f067aa0ba902b7"
	parent64 = "1111111111111111"
)

// list makes a header list of name, value, name, value.
func list(pairs ...string) *header.List {
	var l header.List
	l.Add(":method", "GET")
	for i := 0; i < len(pairs); i += 2 {
		l.Add(pairs[i], pairs[i+1])
	}
	return &l
}

func TestContextIsReadInEveryFormat(t *testing.T) {
	for _, c := range []struct {
		name   string
		fields []string
		trace  string // "": no ids
		want   Decision
		debug  bool
	}{
		{"nothing", nil, "", Deferred, false},
		{"W3C, kept", []string{"traceparent", "00-" + trace128 + "-" + span64 + "-01"}, trace128, Sampled, false},
		{"W3C, not kept", []string{"traceparent", "00-" + trace128 + "-" + span64 + "-00"}, trace128, NotSampled, false},
		{"W3C, other flags", []string{"traceparent", "00-" + trace128 + "-" + span64 + "-03"}, trace128, Sampled, false},
		{"W3C, version to come", []string{"traceparent", "cc-" + trace128 + "-" + span64 + "-01-what"}, trace128, Sampled, false},
		{"W3C, version ff", []string{"traceparent", "ff-" + trace128 + "-" + span64 + "-01"}, "", Deferred, false},
		{"W3C, version 00 and more", []string{"traceparent", "00-" + trace128 + "-" + span64 + "-01-what"}, "", Deferred, false},
		{"W3C, version to come, no dash", []string{"traceparent", "cc-" + trace128 + "-" + span64 + "-01what"}, "", Deferred, false},
		{"W3C, capitals", []string{"traceparent", "00-" + strings.ToUpper(trace128) + "-" + span64 + "-01"}, "", Deferred, false},
		{"W3C, zero trace", []string{"traceparent", "00-" + strings.Repeat("0", 32) + "-" + span64 + "-01"}, "", Deferred, false},
		{"W3C, zero span", []string{"traceparent", "00-" + trace128 + "-0000000000000000-01"}, "", Deferred, false},
		{"W3C, twice", []string{"traceparent", "00-" + trace128 + "-" + span64 + "-01", "traceparent", "00-" + trace128 + "-" + span64 + "-01"}, "", Deferred, false},
		{"W3C, cut", []string{"traceparent", "00-" + trace128 + "-" + span64}, "", Deferred, false},
		{"B3", []string{"b3", trace128 + "-" + span64 + "-1-" + parent64}, trace128, Sampled, false},
		{"B3, undecided", []string{"b3", trace128 + "-" + span64}, trace128, Deferred, false},
		{"B3, debug", []string{"b3", trace128 + "-" + span64 + "-d"}, trace128, Sampled, true},
		{"B3, 64 bits", []string{"b3", trace64 + "-" + span64 + "-0"}, strings.Repeat("0", 16) + trace64, NotSampled, false},
		{"B3, deny alone", []string{"b3", "0"}, "", NotSampled, false},
		{"B3, bad state", []string{"b3", trace128 + "-" + span64 + "-x"}, "", Deferred, false},
		{"B3, bad parent", []string{"b3", trace128 + "-" + span64 + "-1-1"}, "", Deferred, false},
		{"B3 fields", []string{"x-b3-traceid", trace128, "x-b3-spanid", span64, "x-b3-sampled", "1"}, trace128, Sampled, false},
		{"B3 fields, missing sampled is undecided", []string{"x-b3-traceid", trace128, "x-b3-spanid", span64}, trace128, Deferred, false},
		{"B3 fields, debug flag", []string{"x-b3-traceid", trace128, "x-b3-spanid", span64, "x-b3-flags", "1"}, trace128, Sampled, true},
		{"B3 fields, deny alone", []string{"x-b3-sampled", "0"}, "", NotSampled, false},
		{"B3 fields, an old client's word", []string{"x-b3-traceid", trace128, "x-b3-spanid", span64, "x-b3-sampled", "false"}, trace128, NotSampled, false},
		{"B3 fields, no span", []string{"x-b3-traceid", trace128, "x-b3-sampled", "1"}, "", Sampled, false},
		{"B3 fields, short ids", []string{"x-b3-traceid", "1", "x-b3-spanid", "2"}, "", Deferred, false},
		{"Jaeger", []string{"uber-trace-id", trace128 + ":" + span64 + ":0:1"}, trace128, Sampled, false},
		{"Jaeger, short", []string{"uber-trace-id", "abc:1:0:0"}, strings.Repeat("0", 29) + "abc", NotSampled, false},
		{"Jaeger, encoded", []string{"uber-trace-id", trace128 + "%3A" + span64 + "%3a" + parent64 + "%3A3"}, trace128, Sampled, true},
		{"Jaeger, debug without sampled", []string{"uber-trace-id", trace128 + ":" + span64 + ":0:2"}, trace128, NotSampled, false},
		{"Jaeger, three parts", []string{"uber-trace-id", trace128 + ":" + span64 + ":1"}, "", Deferred, false},
		{"Jaeger, endless", []string{"uber-trace-id", strings.Repeat("0", 5000) + "1:1:0:1"}, "", Deferred, false},
		{"W3C before the others", []string{
			"uber-trace-id", "abc:1:0:0", "b3", trace64 + "-" + span64 + "-0",
			"traceparent", "00-" + trace128 + "-" + span64 + "-01",
		}, trace128, Sampled, false},
		{"a broken traceparent leaves the others", []string{"traceparent", "hello", "b3", trace64 + "-" + span64 + "-0"}, strings.Repeat("0", 16) + trace64, NotSampled, false},
		{"deny alone and Jaeger's ids", []string{"b3", "0", "uber-trace-id", trace128 + ":1:0:1"}, trace128, Sampled, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Extract(list(c.fields...))
			id := ""
			if got.Valid() {
				id = hex.EncodeToString(got.TraceID[:])
			}
			if id != c.trace || got.Decision != c.want || got.Debug != c.debug {
				t.Errorf("got trace %q, decision %d, debug %v; want %q, %d, %v",
					id, got.Decision, got.Debug, c.trace, c.want, c.debug)
			}
		})
	}
}

func TestADebugIDIsBounded(t *testing.T) {
	if got := Extract(list("jaeger-debug-id", "case-7")); string(got.DebugID) != "case-7" {
		t.Errorf("got %q", got.DebugID)
	}
	if got := Extract(list("jaeger-debug-id", strings.Repeat("x", maxDebugID+1))); got.DebugID != nil {
		t.Errorf("%d bytes were taken", len(got.DebugID))
	}
}

// FuzzExtract checks that whatever is taken for context is passed on in every
// format so that it reads back the same.
func FuzzExtract(f *testing.F) {
	f.Add("traceparent", "00-"+trace128+"-"+span64+"-01")
	f.Add("b3", trace128+"-"+span64+"-d-"+parent64)
	f.Add("b3", "0")
	f.Add("x-b3-traceid", trace64)
	f.Add("uber-trace-id", trace128+"%3A"+span64+":0:3")
	f.Add("uber-trace-id", "1:1:1:")
	f.Add("jaeger-debug-id", "x")
	f.Fuzz(func(t *testing.T, name, value string) {
		in := list("x-b3-spanid", span64)
		in.Add(name, value)
		c := Extract(in)
		if c.Debug && c.Decision != Sampled {
			t.Errorf("debug, yet decision %d", c.Decision)
		}
		if !c.Valid() {
			return
		}
		trace := event.Trace{ID: c.TraceID, Sampled: c.Decision == Sampled, Debug: c.Debug, W3C: c.W3C}
		for _, f := range []formats{{w3c: true}, {b3: true}, {jaeger: true}} {
			var out header.List
			var buf [96]byte
			f.inject(&trace, &c.SpanID, &[8]byte{1}, nil, &out, buf[:])
			back := Extract(&out)
			if back.TraceID != c.TraceID || back.SpanID != c.SpanID || (back.Decision == Sampled) != trace.Sampled {
				t.Errorf("%+v: sent %+v, read back %+v", f, c, back)
			}
		}
	})
}
