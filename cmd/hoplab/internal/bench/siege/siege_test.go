package siege

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/benchtest"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/damage"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/hostile"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proc"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/raw"
)

// companionProgram is this program as a companion: see TestMain.
func companionProgram() []string { return []string{os.Args[0], "companion"} }

func TestMain(m *testing.M) {
	if proc.Lookout() {
		return
	}
	if len(os.Args) == 2 && os.Args[1] == companionProgram()[1] {
		if err := Accompany(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Building the gateway takes longer than most of these: they share it.
func TestSieges(t *testing.T) {
	gateway := benchtest.Gateway(t)
	t.Run("every attack is carried out and measured", func(t *testing.T) { everyAttack(t, gateway) })
	t.Run("an interrupted siege leaves nothing over", func(t *testing.T) { interrupted(t, gateway) })
	t.Run("an interrupted siege goes on", func(t *testing.T) { goesOn(t, gateway) })
}

func everyAttack(t *testing.T, gateway string) {
	left := benchtest.Workplace(t)
	var progress bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	r, err := Run(ctx, Options{
		Hopscope: gateway, Companion: companionProgram(), Rounds: 1, Quick: true, Proxies: []string{plan.Hopscope}, Progress: &progress,
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, progress.String())
	}
	left()
	var attacked []string
	for _, s := range r.Samples {
		attacked = append(attacked, s.Attack)
		if s.Proxy != plan.Hopscope || s.Round != 1 || s.Connections < 1 || s.Bytes < 1 && s.Attack != "silent" || s.Seconds <= 0 {
			t.Errorf("no attack: %+v", s)
		}
		for _, v := range []int{s.Quiet.Requests, s.Harmless.Requests, s.Attacked.Requests} {
			if v < 1 {
				t.Errorf("no victim: %+v", s)
			}
		}
		if s.Died {
			t.Errorf("%s: the gateway died", s.Attack)
		}
	}
	var all []string
	for _, a := range hostile.Attacks() {
		all = append(all, a.ID)
	}
	if !slices.Equal(attacked, all) {
		t.Errorf("carried out %v", attacked)
	}
	// Some that need no time to be ended, or a little more of it on a busy machine.
	// More is for the end-to-end tests to say.
	swift := []string{"rapid-reset", "forced-data", "continuation", "settings", "malformed"}
	for tries := 1; ; tries++ {
		var again, how []string
		for _, v := range r.Verdicts() {
			if slices.Contains(swift, v.ID) && !v.Right {
				again, how = append(again, v.ID), append(how, v.ID+": "+v.End)
			}
		}
		if len(again) == 0 {
			break
		}
		if tries == 10 {
			t.Fatalf("not ended as they should be: %q", how)
		}
		swift = again
		if r, err = Run(ctx, Options{Hopscope: gateway, Companion: companionProgram(), Rounds: 1, Quick: true, Only: again, Proxies: []string{plan.Hopscope}, Progress: &progress}); err != nil {
			t.Fatalf("%v\n%s", err, progress.String())
		}
	}
	if r.Rate[plan.Hopscope] <= 0 || len(r.Version) != 1 || r.Machine.Cores < 1 {
		t.Errorf("rates %v, versions %v, machine %+v", r.Rate, r.Version, r.Machine)
	}
}

func interrupted(t *testing.T, gateway string) {
	left := benchtest.Workplace(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	r, err := Run(ctx, Options{
		Hopscope: gateway, Companion: companionProgram(), Rounds: 1000, Quick: true, Only: []string{"ping"}, Proxies: []string{plan.Hopscope},
		Progress: benchtest.Interruption{At: "p99", Cancel: cancel}, // the first line about an attack
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if r == nil || len(r.Samples) == 0 {
		t.Error("what was measured is lost")
	}
	left()
}

func goesOn(t *testing.T, gateway string) {
	saved := 0
	o := Options{
		Hopscope: gateway, Companion: companionProgram(), Rounds: 3, Quick: true, Only: []string{"ping"}, Proxies: []string{plan.Hopscope},
		Save: func(*damage.Results) error { saved++; return nil },
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	o.Progress = benchtest.Interruption{At: "p99", Cancel: cancel}
	first, err := Run(ctx, o)
	if !errors.Is(err, context.Canceled) || len(first.Samples) != 1 || saved != 1 {
		t.Fatalf("%v, %d times saved: %+v", err, saved, first)
	}
	var progress bytes.Buffer
	o.Before, o.Progress = first, &progress
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Samples) != 3 || r.Samples[0] != first.Samples[0] || r.Parts != 2 || saved != 3 || strings.Contains(progress.String(), "the victim sends") {
		t.Errorf("%d times saved: %+v\n%s", saved, r, progress.String())
	}
}

func TestHarmlessPeerConnectsWhenTheAttackerDid(t *testing.T) {
	o := order{Length: 10 * time.Second, Visits: 30, Burst: 28}
	for i, want := range map[int]time.Duration{
		0: 0, 1: hostile.DialPause, 27: 27 * hostile.DialPause, 28: 0, 29: 5 * time.Second,
	} {
		if due := o.visitDue(i); due != want {
			t.Errorf("visit %d is due after %v, want %v", i, due, want)
		}
	}
}

func TestHarmlessPeerVisits(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	var visits atomic.Int64
	go func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			visits.Add(1)
			nc.Close()
		}
	}()
	// Those who are closed at once are visits, too.
	order{Addr: ln.Addr().String(), Length: time.Minute, Visits: 20, Burst: 20}.visit(t.Context(), nil)
	if n := visits.Load(); n != 20 {
		t.Errorf("%d visits", n)
	}
}

func TestHarmlessPeerAsksForAsMuchAtOnce(t *testing.T) {
	var requests atomic.Int64
	var clients sync.Map
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		clients.Store(r.RemoteAddr, true)
	}))
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	defer server.Close()
	order{Addr: server.Listener.Addr().String(), Length: time.Minute, Visits: 3, Burst: 2, Asks: 50}.visit(t.Context(), nil)
	connections := 0
	clients.Range(func(any, any) bool { connections++; return true })
	if n := requests.Load(); n != 150 || connections != 3 {
		t.Errorf("%d requests on %d connections", n, connections)
	}
}

func TestWrongOptionsSayWhatThereIs(t *testing.T) {
	for want, o := range map[string]Options{
		"--rounds 0": {Rounds: 0},
		`no attack "smurf"; they are rapid-reset, `:    {Rounds: 1, Only: []string{"smurf"}},
		`no proxy "caddy"; they are hopscope, nghttpx`: {Rounds: 1, Proxies: []string{"caddy"}},
	} {
		if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}

func TestWhatTheHostTookAwayIsMeasuredAgain(t *testing.T) {
	failed := errors.New("no proxy")
	const halves = 2 * mostRepeats
	for _, c := range []struct {
		name      string
		halves    int
		calm      []int // requests of one measurement after the other; negative: it fails
		best      int
		disturbed int
		err       error
	}{
		{"a calm one counts", halves, []int{30}, 30, 0, nil},
		{"a calm one after others counts", halves, []int{0, 0, 30}, 30, 2, nil},
		{"without any one counts", halves, []int{0, 0, 0, 0}, 0, 3, nil},
		{"an error ends it", halves, []int{0, -1}, 0, 1, failed},
		{"every second one may be repeated", 1, []int{0, 0}, 0, 1, nil},
		{"without patience any counts", 0, []int{0}, 0, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := patience{c.halves}
			disturbed := 0
			s, err := p.inPeace(func() (damage.Sample, error) {
				calm := c.calm[0]
				if c.calm = c.calm[1:]; calm < 0 {
					return damage.Sample{}, failed
				}
				return damage.Sample{Harmless: damage.Victim{Requests: 100, Calm: 100}, Attacked: damage.Victim{Requests: 100, Calm: calm}}, nil
			}, func(damage.Sample) { disturbed++ })
			if s.Attacked.Calm != c.best || disturbed != c.disturbed || err != c.err || len(c.calm) > 0 {
				t.Errorf("%v, disturbed %d, %v, %d left", s, disturbed, err, len(c.calm))
			}
		})
	}
}

// What is due shortly before a CPU is absent, while it is and for as long again does
// not count; what is open then does.
func TestDisturbedIsWhatWasDueAroundAnAbsence(t *testing.T) {
	start := time.Now()
	ms := func(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }
	absent := func(from, to float64) proc.Absence {
		return proc.Absence{From: start.Add(ms(from)), To: start.Add(ms(to))}
	}
	d := disturbed([]proc.Absence{absent(10, 13), absent(12, 13), absent(30, 31)}, start)
	for at, want := range map[float64]bool{
		0: false, 8.9: false, 9.1: true, 12: true, 15.9: true, 16.1: false, 28.9: false, 29.5: true, 31.9: true, 32.1: false,
	} {
		if got := d.at(ms(at)); got != want {
			t.Errorf("at %v ms: %v, want %v", at, got, want)
		}
	}
}

func TestVictimIsSummedUp(t *testing.T) {
	var answers []raw.Answer
	for i := range 200 {
		a := raw.Answer{Due: time.Duration(i) * time.Second, Done: time.Duration(i)*time.Second + time.Duration(i)*time.Millisecond}
		if i >= 100 {
			a.Failed = errors.New("no")
		}
		answers = append(answers, a)
	}
	v := sum(answers, nil)
	if v.Requests != 200 || v.Failed != 100 || v.Calm != 100 || v.P50 != 50 || v.P99 != 99 || v.Why != "no" {
		t.Errorf("got %+v", v)
	}
	if v := sum(answers, spells{{0, 90 * time.Second}}); v.Calm != 0 || v.P99 != 99 {
		t.Errorf("too few are left: %+v", v)
	}
	many := make([]raw.Answer, 2*enough)
	for i := range many {
		many[i].Due = time.Duration(i) * time.Millisecond
		many[i].Done = many[i].Due + time.Millisecond
		if i < enough {
			many[i].Done += time.Second
		}
	}
	if v := sum(many, spells{{0, (enough - 1) * time.Millisecond}}); v.Requests != 2*enough || v.Calm != enough || v.P99 != 1 {
		t.Errorf("half of them are left: %+v", v)
	}
	if v := sum(nil, nil); v.Requests != 0 || v.P99 != 0 {
		t.Errorf("of nothing: %+v", v)
	}
}
