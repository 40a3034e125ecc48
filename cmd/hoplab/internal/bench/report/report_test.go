package report

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/place"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
)

// measured is a run of three rounds: hopscope takes half of nghttpx in each,
// while the machine gets slower.
func measuredRun() *Results {
	r := &Results{Run: place.Run{
		Date: "2026-11-22T15:00:00Z", Command: "hoplab bench", Rounds: 3,
		Machine: place.Machine{Kernel: "Linux 6", CPU: "A CPU", Cores: 2},
		Version: map[string]string{"hopscope": "hopscope 1", "haproxy": "HAProxy 2.6"},
	}}
	add := func(workload, metric, proxy string, values ...float64) {
		for i, v := range values {
			r.Samples = append(r.Samples, Sample{Workload: workload, Metric: metric, Proxy: proxy, Round: i + 1, Value: v})
		}
	}
	add("W1", plan.CPU, plan.Nghttpx, 4, 6, 12)
	add("W1", plan.CPU, plan.Hopscope, 2, 3, 6)
	add("W1", plan.CPU, plan.Quiet, 1, 1.5, 3)
	add("streams", plan.StreamBytes, plan.Hopscope, 999, 1000, 1200)
	add("streams", plan.StreamBytes, plan.HAProxy, 21000, 22000, 23000)
	return r
}

func TestRatioIsOfEachRound(t *testing.T) {
	r := measuredRun()
	if got, want := r.Ratio("W1", plan.CPU, plan.Hopscope, plan.Nghttpx), (Stat{Median: 0.5, Min: 0.5, Max: 0.5, N: 3}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	r.Samples = r.Samples[1:] // nghttpx has no round 1
	if got := r.Ratio("W1", plan.CPU, plan.Hopscope, plan.Nghttpx); got.N != 2 {
		t.Errorf("got %v", got)
	}
	if got := r.Ratio("W1", plan.CPU, plan.Hopscope, plan.HAProxy); got.N != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestStatIsMedianAndRange(t *testing.T) {
	for _, c := range []struct {
		all  []float64
		want Stat
		text string
	}{
		{nil, Stat{}, "–"},
		{[]float64{7}, Stat{7, 7, 7, 1}, "7.00"},
		{[]float64{3, 1}, Stat{2, 1, 3, 2}, "2.00 [1.00–3.00]"},
		{[]float64{9, 1, 2}, Stat{2, 1, 9, 3}, "2.00 [1.00–9.00]"},
	} {
		if got := Summary(c.all); got != c.want || got.String() != c.text {
			t.Errorf("%v: %+v, %s", c.all, got, got)
		}
	}
}

func TestVerdictsFollowTheMedian(t *testing.T) {
	words := map[string]string{}
	for _, v := range measuredRun().Verdicts() {
		words[v.Workload+" "+v.Metric+" "+v.To] = v.Word()
	}
	for goal, want := range map[string]string{
		"W1 cpu nghttpx": "yes", "W1 cpu hopscope-off": "no", "streams stream bytes ": "yes", "W2 cpu nghttpx": "not measured",
	} {
		if words[goal] != want {
			t.Errorf("%s: %q, want %q", goal, words[goal], want)
		}
	}
	if len(words) != len(plan.Goals()) {
		t.Errorf("%d verdicts on %d goals", len(words), len(plan.Goals()))
	}
}

func TestNumbersHaveThreeDigitsThatCount(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0.00", 1.234: "1.23", 9.996: "10.0", 12.34: "12.3", 99.96: "100", 1234: "1234", 9999.6: "10,000", 123456: "123,456", -3.5: "-3.50",
	} {
		if got := Number(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
}

func TestDocumentSaysWhatWasMeasuredAndWhatWasNot(t *testing.T) {
	text, err := Markdown(measuredRun(), "bench/a.svg")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<img src="bench/a.svg"`, "2 of 3 goals that were measured are met", "Medians of 3 rounds", "on A CPU with 2 CPUs, Linux 6",
		"2026-11-22, `hoplab bench`", "| haproxy | HAProxy 2.6 |\n| hopscope | hopscope 1 |\n",
		"| W1: GET, 128 B | CPU per request | ≤ 0.50 × nghttpx | 0.50 [0.50–0.50] | yes |",
		"| W1: GET, 128 B | CPU per request, telemetry on ÷ off | ≤ 1.30 × hopscope, telemetry off | 2.00 [2.00–2.00] | no |",
		"| W2: POST 100 B, 12 gRPC fields | CPU per request | ≤ 0.50 × nghttpx | – | not measured |",
		"| 20,000 idle open streams | memory per stream | ≤ 1000 bytes | 1000 [999–1200] bytes | yes |",
		"| 20,000 idle open streams | memory per stream, bytes | 1000 [999–1200] | – | 22,000 [21,000–23,000] | – |",
		"| W1: GET, 128 B | CPU per request, µs | 3.00 [2.00–6.00] | 1.50 [1.00–3.00] | – |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q", want)
		}
	}
	for n, line := range strings.Split(text, "\n") {
		if strings.Contains(line, "<no value>") || strings.HasPrefix(line, "|") && !strings.HasSuffix(line, "|") {
			t.Errorf("line %d: %s", n+1, line)
		}
	}
	if again, err := Markdown(measuredRun(), "bench/a.svg"); err != nil || again != text {
		t.Errorf("rendered again it differs, %v", err)
	}
}

func TestPictureIsSoundAndFollowsTheColorScheme(t *testing.T) {
	svg := SVG(measuredRun())
	texts, bars, goals := 0, 0, 0
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		attrs := map[string]string{}
		for _, a := range e.Attr {
			attrs[a.Name.Local] = a.Value
		}
		switch {
		case e.Name.Local == "script":
			t.Error("a script")
		case e.Name.Local == "text":
			texts++
		case e.Name.Local == "rect" && attrs["class"] != "paper":
			bars++
		case e.Name.Local == "path":
			goals++
		}
	}
	// W1 and the streams, two bars each; their goals and the legend's mark.
	if bars != 4 || goals != 3 || texts != 2+2*2+2*bars {
		t.Errorf("%d bars, %d goals, %d texts", bars, goals, texts)
	}
	for _, want := range []string{`viewBox="0 0 400 `, "prefers-color-scheme: dark", "<title", ">22,000</text>"} {
		if !strings.Contains(svg, want) {
			t.Errorf("lacks %s", want)
		}
	}
	if empty := SVG(&Results{}); !strings.HasSuffix(empty, "</svg>\n") {
		t.Errorf("of nothing: %s", empty)
	}
}

// The machine was busy while one of them was measured: the ratio of medians says
// no, that of each round yes.
func TestMarkOfTheGoalAgreesWithTheVerdict(t *testing.T) {
	r := &Results{}
	for round, v := range [][2]float64{{10, 21}, {30, 40}, {12, 25}, {14, 29}, {40, 22}} {
		r.Samples = append(
			r.Samples,
			Sample{Workload: "W1", Metric: plan.CPU, Proxy: plan.Hopscope, Round: round + 1, Value: v[0]},
			Sample{Workload: "W1", Metric: plan.CPU, Proxy: plan.Nghttpx, Round: round + 1, Value: v[1]},
		)
	}
	w, _ := plan.Find("W1")
	g := group(r, w, plan.CPU)
	if yes := r.Verdicts()[0].Met; yes != (g.values[0] <= g.goal) {
		t.Errorf("met: %v, but the bar is %v long and the mark at %v", yes, g.values[0], g.goal)
	}
}

func TestTerminalShowsRatiosAndGoals(t *testing.T) {
	text := strings.Join(strings.Fields(Text(measuredRun())), " ")
	for _, want := range []string{
		"W1 nghttpx 6.00 [4.00–12.0] µs CPU per request 0.50",
		"streams memory per stream 1000 [999–1200] 1000 bytes yes",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\nlacks %q", text, want)
		}
	}
}
