package tracing

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
)

func traceparent(flags string) []string {
	return []string{"traceparent", "00-" + trace128 + "-" + span64 + "-" + flags}
}

func TestTrustDecidesWhatACallersWordIsWorth(t *testing.T) {
	collector := newCollector(t)
	for _, c := range []struct {
		name    string
		trust   config.TraceTrust
		param   float64
		fields  []string
		none    bool // no reporter
		sampled bool
		ids     bool // the caller's are kept
	}{
		{"resample keeps the ids and decides itself", config.TraceResample, 0, traceparent("01"), false, false, true},
		{"resample may keep what the caller does not", config.TraceResample, 1, traceparent("00"), false, true, true},
		{"continue keeps the caller's yes", config.TraceContinue, 0, traceparent("01"), false, true, true},
		{"continue keeps the caller's no", config.TraceContinue, 1, traceparent("00"), false, false, true},
		{"continue decides what the caller left open", config.TraceContinue, 1, []string{"b3", trace128 + "-" + span64}, false, true, true},
		{"continue obeys a no without ids", config.TraceContinue, 1, []string{"b3", "0"}, false, false, false},
		{"continue obeys a debug flag", config.TraceContinue, 0, []string{"b3", trace128 + "-" + span64 + "-d"}, false, true, true},
		{"continue obeys a debug id", config.TraceContinue, 0, []string{"jaeger-debug-id", "x"}, false, true, false},
		{"resample ignores a debug flag", config.TraceResample, 0, []string{"b3", trace128 + "-" + span64 + "-d"}, false, false, true},
		{"resample ignores a debug id", config.TraceResample, 0, []string{"jaeger-debug-id", "x"}, false, false, false},
		{"new ignores all", config.TraceNew, 0, traceparent("01"), false, false, false},
		{"who reports nothing has no say", config.TraceResample, 0, traceparent("01"), true, true, true},
		{"who reports nothing keeps nothing of its own", config.TraceResample, 1, nil, true, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			conf := config.Tracing{Sampler: config.Sampler{Type: "const", Param: c.param}}
			if !c.none {
				conf.Reporter, conf.Endpoint = config.ReporterJaeger, collector.URL
			}
			w := newTracer(t, conf).Worker()
			x := exchange(c.trust)
			w.Begin(x, list(c.fields...))
			if x.Trace.Sampled != c.sampled {
				t.Errorf("sampled: %v", x.Trace.Sampled)
			}
			if ids := hex.EncodeToString(x.Trace.ID[:]) == trace128; ids != c.ids || x.Trace.Remote != c.ids {
				t.Errorf("trace %x, remote %v", x.Trace.ID, x.Trace.Remote)
			}
			if x.Trace.ID == [16]byte{} || x.Trace.Span == [8]byte{} || hex.EncodeToString(x.Trace.Span[:]) == span64 {
				t.Errorf("trace %x, span %x", x.Trace.ID, x.Trace.Span)
			}
		})
	}
}

func TestContextIsWrittenInTheFormatsThatAreAskedFor(t *testing.T) {
	for _, c := range []struct {
		formats []config.Propagation
		want    string
	}{
		{nil, ""},
		{[]config.Propagation{config.PropagationW3C}, "traceparent tracestate"},
		{[]config.Propagation{config.PropagationB3}, "x-b3-traceid x-b3-spanid x-b3-parentspanid x-b3-sampled"},
		{[]config.Propagation{config.PropagationJaeger}, "uber-trace-id"},
		{
			[]config.Propagation{config.PropagationJaeger, config.PropagationW3C, config.PropagationB3},
			"traceparent tracestate x-b3-traceid x-b3-spanid x-b3-parentspanid x-b3-sampled uber-trace-id",
		},
	} {
		w := newTracer(t, config.Tracing{
			Reporter: config.ReporterJaeger, Endpoint: newCollector(t).URL, Propagation: c.formats,
		}).Worker()
		x := exchange(config.TraceResample)
		w.Begin(x, list(traceparent("01")...))
		w.AttemptBegin(x)
		var out header.List
		w.Inject(x, []byte("vendor=1"), &out)
		if got := strings.Join(names(&out), " "); got != c.want {
			t.Errorf("%v: got %q; want %q", c.formats, got, c.want)
		}
		if len(c.formats) == 0 {
			continue
		}
		back := Extract(&out)
		if back.TraceID != x.Trace.ID || back.SpanID != x.Attempt.Span || back.Decision != NotSampled {
			t.Errorf("%v: the next hop reads %+v", c.formats, back)
		}
	}
}

func names(l *header.List) (list []string) {
	for i := range l.Len() {
		list = append(list, string(l.Name(i)))
	}
	return list
}

func TestTracestateGoesOnOnlyWithItsTraceparent(t *testing.T) {
	for _, c := range []struct {
		name   string
		trust  config.TraceTrust
		fields []string
		state  string
		want   bool
	}{
		{"with it", config.TraceResample, traceparent("01"), "a=1", true},
		{"of a trace that is ignored", config.TraceNew, traceparent("01"), "a=1", false},
		{"with ids of another format", config.TraceResample, []string{"b3", trace128 + "-" + span64}, "a=1", false},
		{"alone", config.TraceResample, nil, "a=1", false},
		{"too long", config.TraceResample, traceparent("01"), strings.Repeat("a", maxTracestate+1), false},
	} {
		w := newTracer(t, config.Tracing{Propagation: []config.Propagation{config.PropagationW3C}}).Worker()
		x := exchange(c.trust)
		w.Begin(x, list(c.fields...))
		var out header.List
		w.Inject(x, []byte(c.state), &out)
		if _, got := out.Get(header.Tracestate); got != c.want {
			t.Errorf("%s: passed on: %v", c.name, got)
		}
	}
}

func TestAGatewayThatReportsNothingLeavesTheCallerTheParent(t *testing.T) {
	w := newTracer(t, config.Tracing{Propagation: []config.Propagation{config.PropagationW3C}}).Worker()
	x := exchange(config.TraceResample)
	w.Begin(x, list(traceparent("01")...))
	w.AttemptBegin(x)
	var out header.List
	w.Inject(x, nil, &out)
	if v, _ := out.Get(header.Traceparent); string(v) != "00-"+trace128+"-"+span64+"-01" {
		t.Errorf("got %s", v)
	}
}

func TestUnsampledRequestsDoNotAllocate(t *testing.T) {
	for name, sampler := range map[string]config.Sampler{
		"const": {Type: "const"}, "probabilistic": {Type: "probabilistic"}, "ratelimiting": {Type: "ratelimiting"},
	} {
		w := newTracer(t, config.Tracing{
			Reporter: config.ReporterJaeger, Endpoint: newCollector(t).URL, Sampler: sampler,
			Propagation: []config.Propagation{config.PropagationW3C, config.PropagationB3, config.PropagationJaeger},
		}).Worker()
		x := exchange(config.TraceResample)
		in := list(append(traceparent("01"), "tracestate", "a=1")...)
		state := []byte("a=1")
		var out header.List
		if n := testing.AllocsPerRun(100, func() {
			w.Begin(x, in)
			w.AttemptBegin(x)
			out.Reset()
			w.Inject(x, state, &out)
			w.AttemptEnd(x)
			w.End(x)
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestReloadChangesSamplerAndFormatsAndKeepsTheOldOnesOnError(t *testing.T) {
	tr := newTracer(t, config.Tracing{Reporter: config.ReporterJaeger, Endpoint: newCollector(t).URL, Sampler: always})
	w := tr.Worker()
	begin := func() (bool, int) {
		x := exchange(config.TraceNew)
		w.Begin(x, list())
		var out header.List
		w.Inject(x, nil, &out)
		return x.Trace.Sampled, out.Len()
	}
	if err := tr.Reload(config.Tracing{Sampler: config.Sampler{Type: "weekly"}}); err == nil ||
		!strings.Contains(err.Error(), `tracing.sampler.type: want const, probabilistic, ratelimiting or remote, got "weekly"`) {
		t.Errorf("got %v", err)
	}
	if sampled, n := begin(); !sampled || n != 0 {
		t.Errorf("after a refused reload: sampled %v, %d fields", sampled, n)
	}
	if err := tr.Reload(config.Tracing{
		Sampler: config.Sampler{Type: "probabilistic"}, Propagation: []config.Propagation{config.PropagationJaeger},
	}); err != nil {
		t.Fatal(err)
	}
	if sampled, n := begin(); sampled || n != 1 {
		t.Errorf("after a reload: sampled %v, %d fields", sampled, n)
	}
}

func TestBadConfigurationsAreRefusedByName(t *testing.T) {
	good := config.Sampler{Type: "const"}
	for _, c := range []struct {
		conf config.Tracing
		want string
	}{
		{config.Tracing{Sampler: config.Sampler{Type: "probabilistic", Param: 2}}, "tracing.sampler.param: want a probability from 0 to 1, got 2"},
		{config.Tracing{Sampler: config.Sampler{Type: "ratelimiting", Param: -1}}, "tracing.sampler.param: want traces per second ≥ 0, got -1"},
		{config.Tracing{Sampler: good, Propagation: []config.Propagation{"xray"}}, `tracing.propagation: want w3c, b3 or jaeger, got "xray"`},
		{config.Tracing{Sampler: good, Reporter: "fax"}, `tracing.reporter: want none, jaeger, jaeger-udp or otlp, got "fax"`},
		{config.Tracing{Sampler: good, Reporter: config.ReporterOTLP, Endpoint: "127.0.0.1:4318"}, "tracing.endpoint: want the http or https URL of a collector"},
		{config.Tracing{Sampler: good, Reporter: config.ReporterJaegerUDP, Endpoint: "nowhere"}, "tracing.endpoint: want the host:port of a Jaeger agent"},
	} {
		if _, err := New(c.conf, Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v; want %s", err, c.want)
		}
	}
}

func TestLateSpansAreLimited(t *testing.T) {
	var l lateLimit
	allowed := func(at event.Time, n int) (count int) {
		for range n {
			if l.allow(at) {
				count++
			}
		}
		return count
	}
	if n := allowed(start, 1000); n != lateBurst {
		t.Errorf("%d at once; want %d", n, lateBurst)
	}
	if n := allowed(start.Add(time.Second), 1000); n != latePerSecond {
		t.Errorf("%d in the next second; want %d", n, latePerSecond)
	}
}
