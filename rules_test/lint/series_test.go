package lint_test

import (
	"strings"
	"testing"

	"github.com/hopscope/hopscope/rules_test/lint"
	"github.com/hopscope/hopscope/rules_test/recording"
)

func TestCheckSeriesHoldsTestsToTheCatalogue(t *testing.T) {
	const target = `job="hopscope", instance="gateway"`
	for series, want := range map[string]string{
		`hopscope_buffered_bytes{` + target + `} 1`:                                             "",
		`hopscope_goaway_total{` + target + `, side="upstream", dir="read", code="NO_ERROR"} 1`: "",
		`hopscope_stream_duration_seconds_bucket{` + target + `, route="users", le="0.1"} 1`:    "",
		`go_goroutines{` + target + `} 1`:                                                       "",
		`hopscope_stream_duration_seconds_bucket{` + target + `, route="users", le="0.2"} 1`:    `label le of hopscope_stream_duration_seconds_bucket is never "0.2"`,
		`hopscope_buffered_byte{` + target + `} 1`:                                              `no metric "hopscope_buffered_byte"`,
		`hopscope_buffered_bytes{` + target + `, route="x"} 1`:                                  `no label "route"`,
		`hopscope_buffered_bytes{job="hopscope"} 1`:                                             `always has the label "instance"`,
		`hopscope_goaway_total{` + target + `, side="upstraem", dir="read", code="NO_ERROR"} 1`: `never "upstraem"`,
		`hopscope_goaway_total{` + target + `, side="upstream", code="NO_ERROR"} 1`:             `always has the label "dir"`,
	} {
		s, err := recording.Parse(series)
		if err != nil {
			t.Fatal(err)
		}
		problems := strings.Join(lint.CheckSeries(s.Labels), "\n")
		if want == "" && problems != "" || !strings.Contains(problems, want) {
			t.Errorf("%s: got %q, want %q", series, problems, want)
		}
	}
}
