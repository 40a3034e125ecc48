package bench

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

func TestBreakdownGivesEachSampleToTheInnermostPart(t *testing.T) {
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "cpu", Unit: "nanoseconds"}}}
	functions := map[string]*profile.Location{}
	add := func(value int64, stack ...string) { // innermost first
		s := &profile.Sample{Value: []int64{value}}
		for _, name := range stack {
			if functions[name] == nil {
				id := uint64(len(functions) + 1)
				f := &profile.Function{ID: id, Name: name}
				p.Function = append(p.Function, f)
				functions[name] = &profile.Location{ID: id, Line: []profile.Line{{Function: f}}}
				p.Location = append(p.Location, functions[name])
			}
			s.Location = append(s.Location, functions[name])
		}
		p.Sample = append(p.Sample, s)
	}
	const module = "github.com/hopscope/hopscope/"
	add(60, "runtime.memmove", module+"gateway/h2/hpack.(*Decoder).Decode", module+"gateway/h2/conn.(*Conn).block")
	add(30, "syscall.RawSyscall", module+"gateway/loop.writeFD", module+"gateway/h2/conn.(*Conn).flush")
	add(10, "runtime.findRunnable", "runtime.mcall")
	var raw bytes.Buffer
	if err := p.Write(&raw); err != nil {
		t.Fatal(err)
	}
	got, err := breakdown(raw.Bytes(), 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"HPACK: decode  1.20 µs  60 %", "sockets: read, write, poll  0.60 µs  30 %", "loop, scheduler, collector  0.20 µs  10 %", "metrics  0.00 µs"} {
		if !strings.Contains(strings.Join(strings.Fields(got), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if _, err := breakdown([]byte("<html>"), 1); err == nil {
		t.Error("what is no profile was taken for one")
	}
}
