package tracing

import (
	"strings"
	"testing"
)

const sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestTraceparentSurvivesParseAndFormat(t *testing.T) {
	for _, v := range []string{sampled, strings.TrimSuffix(sampled, "1") + "0"} {
		c, ok := parse(v)
		if !ok || format(c) != v {
			t.Errorf("%s became %s (ok %t)", v, format(c), ok)
		}
	}
}

func TestNewerVersionWithMoreFieldsIsUnderstood(t *testing.T) {
	if c, ok := parse("01" + sampled[2:] + "-extra"); !ok || !c.IsSampled() {
		t.Errorf("got %v, %t", c, ok)
	}
}

func TestMalformedTraceparentIsIgnored(t *testing.T) {
	for _, v := range []string{
		"", "00", strings.ToUpper(sampled), "ff" + sampled[2:], sampled + "-x", "01" + sampled[2:] + "x",
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
		strings.ReplaceAll(sampled, "-", "_"), strings.Replace(sampled, "4bf9", "4b-9", 1), strings.Replace(sampled, "4bf9", "+bf9", 1),
	} {
		if _, ok := parse(v); ok {
			t.Errorf("%q was accepted", v)
		}
	}
}

func TestUnsampledContextIsPassedOnAsItCame(t *testing.T) {
	var tracer *Tracer
	ctx, finish := tracer.Server(t.Context(), "op", sampled)
	defer finish(nil)
	got, done := tracer.Client(ctx, "call", "peer")
	done(nil)
	if got != sampled {
		t.Errorf("sent %q", got)
	}
}
