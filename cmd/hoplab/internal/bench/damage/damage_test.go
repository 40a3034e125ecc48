package damage

import (
	"strings"
	"testing"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/place"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
)

const mb = 1_000_000

// suffered is an attack as hopscope should bear it.
func suffered(attack, proxy string, round int) Sample {
	return Sample{
		Attack: attack, Proxy: proxy, Round: round,
		Quiet: Victim{Requests: 1000, Calm: 1000, P50: 0.2, P99: 1}, Harmless: Victim{Requests: 1000, Calm: 1000, P50: 0.2, P99: 1},
		Attacked: Victim{Requests: 1000, Calm: 1000, P50: 0.2, P99: 1.1},
		Seconds:  1, Steps: 500, Bytes: 1000, Reached: 100, Growth: 3 * mb, Usual: 2 * mb,
		End: "GOAWAY ENHANCE_YOUR_CALM", EndedAfter: 0.02, Connections: 9, Ended: 9,
	}
}

// run is three rounds of an attack on all proxies, changed by change.
func run(attack string, change func(s *Sample)) *Results {
	r := &Results{
		Run: place.Run{
			Date: "2026-11-26T12:00:00Z", Command: "hoplab attack", Rounds: 3,
			Machine: place.Machine{Kernel: "Linux 6", CPU: "A CPU", Cores: 2},
			Version: map[string]string{"hopscope": "hopscope 1"},
		},
		Rate: map[string]float64{plan.Hopscope: 12345.6},
	}
	for round := 1; round <= 3; round++ {
		for _, p := range proxies {
			s := suffered(attack, p, round)
			change(&s)
			r.Samples = append(r.Samples, s)
		}
	}
	return r
}

func TestGoals(t *testing.T) {
	hop := func(change func(s *Sample)) func(*Sample) {
		return func(s *Sample) {
			if s.Proxy == plan.Hopscope {
				change(s)
			}
		}
	}
	others := func(change func(s *Sample)) func(*Sample) {
		return func(s *Sample) {
			if s.Proxy != plan.Hopscope {
				change(s)
			}
		}
	}
	const reset, malformed, pinning = "rapid-reset", "malformed", "zero-window"
	for _, c := range []struct {
		name, attack          string
		change                func(s *Sample)
		victim, memory, right bool
	}{
		{"as it should be", reset, func(*Sample) {}, true, true, true},
		{"a slower victim", reset, hop(func(s *Sample) { s.Attacked.P99 = 2 }), false, true, true},
		{"slower by little, though by a large factor", reset, hop(func(s *Sample) { s.Harmless.P99, s.Attacked.P99 = 0.1, 0.5 }), true, true, true},
		{"slower by much, though by a small factor", reset, hop(func(s *Sample) { s.Harmless.P99, s.Attacked.P99 = 10, 12 }), true, true, true},
		{"one bad round of three", reset, hop(func(s *Sample) {
			if s.Round == 2 {
				s.Attacked.P99 = 50
			}
		}), true, true, true},
		{"the only calm round is bad", reset, hop(func(s *Sample) {
			if s.Attacked.P99 = 50; s.Round != 2 {
				s.Attacked.P99, s.Attacked.Calm = 1, 0
			}
		}), false, true, true},
		{"none is calm", reset, hop(func(s *Sample) { s.Harmless.Calm = 0 }), true, true, true},
		{"a request that failed", reset, hop(func(s *Sample) { s.Attacked.Failed = 1 }), false, true, true},
		{"as many failed beside the harmless peer", reset, hop(func(s *Sample) { s.Attacked.Failed, s.Harmless.Failed = 1, 1 }), true, true, true},
		{"more memory than the others", reset, hop(func(s *Sample) { s.Growth = 9 * mb }), true, false, true},
		{"as much more as the harmless peer makes it take", reset, hop(func(s *Sample) { s.Growth, s.Usual = 9*mb, 8*mb }), true, true, true},
		{"more than one that serves nobody", reset, func(s *Sample) {
			switch s.Proxy {
			case plan.Hopscope:
				s.Growth = 9 * mb
			case plan.Nghttpx:
				s.Growth = 10 * mb
			default:
				s.Attacked.Failed = 500
			}
		}, true, true, true},
		{"the others died", reset, others(func(s *Sample) { s.Died, s.Growth = true, 0 }), true, true, true},
		{"it died", reset, hop(func(s *Sample) { s.Died = true }), false, false, true},
		{"ended in another way", reset, hop(func(s *Sample) { s.End = "closed" }), true, true, false},
		{"ended in another way once", reset, hop(func(s *Sample) {
			if s.Round == 3 {
				s.End = "not ended"
			}
		}), true, true, false},
		{"not ended where it was not watched for long", "slow-frame", func(s *Sample) {
			if s.Round == 1 {
				s.Seconds = 12
			} else {
				s.End, s.Growth = "not ended", 50*mb
			}
		}, true, true, true},
		{"not ended where it was", "slow-frame", func(s *Sample) {
			if s.Round == 1 {
				s.End, s.Seconds = "not ended", 12
			}
		}, true, true, false},
		{"what must not reach the origin did", malformed, func(*Sample) {}, true, true, false},
		{"it did not", malformed, func(s *Sample) { s.Reached = 0 }, true, true, true},
		{"not ended where a bound is all", pinning, func(s *Sample) { s.End = "not ended" }, true, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := run(c.attack, c.change)
			for _, v := range r.Verdicts() {
				if v.ID != c.attack {
					if v.Measured {
						t.Errorf("%s was not measured", v.ID)
					}
					continue
				}
				if v.Victim != c.victim || v.Memory != c.memory || v.Right != c.right {
					t.Errorf("victim %v, memory %v, end %v: %+v", v.Victim, v.Memory, v.Right, v)
				}
			}
			met, measured := Met(r.Verdicts())
			if all := c.victim && c.memory && c.right; measured != 1 || (met == 1) != all {
				t.Errorf("%d of %d met", met, measured)
			}
		})
	}
}

func TestNoiseIsOfPeersThatDoNotMatter(t *testing.T) {
	r := run("ping", func(s *Sample) {
		s.Quiet.P99, s.Harmless.P99 = 2, 3
		switch s.Round {
		case 1:
		case 2:
			s.Bytes, s.Harmless.P99 = 1_000_000, 100
		default:
			s.Connections, s.Harmless.P99 = 2000, 100
		}
	})
	if n := r.Noise(); n.N != 3 || n.Median != 1.5 {
		t.Errorf("got %+v", n)
	}
	burst := run("zero-window", func(s *Sample) { s.Quiet.P99, s.Harmless.P99 = 2, 3 })
	if n := burst.Noise(); n.N != 0 {
		t.Errorf("a peer that asks for 400 answers at once matters: %+v", n)
	}
}

func TestRepeatedAttacksAreNamed(t *testing.T) {
	r := run("ping", func(*Sample) {})
	if got := r.Repeated(); got != nil || repeated(r) != "none in this run" {
		t.Errorf("got %v", got)
	}
	s := suffered("dribble", plan.Hopscope, r.Rounds+1)
	r.Samples = append(r.Samples, s)
	if got := repeated(r); got != "dribble" {
		t.Errorf("got %q", got)
	}
}

func TestSwingIsOfHopscopeBesideHarmlessPeers(t *testing.T) {
	r := run("ping", func(s *Sample) {
		if s.Proxy == plan.Hopscope {
			s.Usual = int64(s.Round) * mb
		}
	})
	if s := r.Swing(); s.N != 3 || s.Min != mb || s.Median != 2*mb || s.Max != 3*mb {
		t.Errorf("got %+v", s)
	}
}

func TestDocumentSaysWhatWasMeasuredAndWhatWasNot(t *testing.T) {
	r := run("rapid-reset", func(s *Sample) {
		if s.Proxy == plan.HAProxy {
			s.End, s.EndedAfter, s.Attacked.Failed, s.Reached = "not ended", 0, 100, 4000
		}
	})
	text, err := Markdown(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"All goals are met in 1 of 1 attacks.", "2026-11-26, `hoplab attack`, on A CPU with 2 CPUs, Linux 6",
		"(hopscope 12346 requests/s)", "| hopscope | hopscope 1 |",
		"| rapid reset (CVE-2023-44487) | 1.10 [1.10–1.10] | 0 | yes | 1.00 | 1.00 (nghttpx) | yes | GOAWAY ENHANCE_YOUR_CALM | yes |",
		"| rapid reset | hopscope | 0.20 / 1.00 | 0.20 / 1.00 | 0.20 / 1.10 | 0 | 3.00 | GOAWAY ENHANCE_YOUR_CALM | 0.02 s | 100 |",
		"|  | HAProxy | 0.20 / 1.00 | 0.20 / 1.00 | 0.20 / 1.10 | 10 % | 3.00 | not ended | – | 4000 |",
		"| PING flood (CVE-2019-9512) | not measured |",
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
}

func TestTerminalShowsTheGoals(t *testing.T) {
	text := strings.Join(strings.Fields(Text(run("ping", func(s *Sample) { s.End = "closed" }))), " ")
	for _, want := range []string{
		"ping 1.10 [1.10–1.10] 0.10 [0.10–0.10] 0 yes 1.00 1.00 (nghttpx) yes closed no",
		"All goals are met in 0 of 1 attacks.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\nlacks %q", text, want)
		}
	}
}
