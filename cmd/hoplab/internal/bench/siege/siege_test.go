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
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/raw"
)

// companionProgram is this program as a companion: see TestMain.
func companionProgram() []string { return []string{os.Args[0], "companion"} }

func TestMain(m *testing.M) {
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
	const enough = 2 * mostRepeats
	for _, c := range []struct {
		name      string
		halves    int
		stolen    []float64 // of one measurement after the other; negative: it fails
		best      float64
		disturbed int
		err       error
	}{
		{"a quiet one counts", enough, []float64{0.03}, 0.03, 0, nil},
		{"a quiet one after others counts", enough, []float64{0.2, 0.04, 0}, 0, 2, nil},
		{"without any the least disturbed counts", enough, []float64{0.2, 0.04, 0.1, 0.05}, 0.04, 3, nil},
		{"an error ends it", enough, []float64{0.2, -1}, 0, 1, failed},
		{"every second one may be repeated", 1, []float64{0.2, 0.04}, 0.04, 1, nil},
		{"without patience any counts", 0, []float64{0.2}, 0.2, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			disturbed := 0
			p := patience{c.halves}
			s, err := p.inPeace(func() (damage.Sample, error) {
				stolen := c.stolen[0]
				if c.stolen = c.stolen[1:]; stolen < 0 {
					return damage.Sample{}, failed
				}
				return damage.Sample{Stolen: stolen}, nil
			}, func(damage.Sample) { disturbed++ })
			if s.Stolen != c.best || disturbed != c.disturbed || err != c.err || len(c.stolen) > 0 {
				t.Errorf("%v, disturbed %d, %v, %d left", s.Stolen, disturbed, err, len(c.stolen))
			}
		})
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
	v := sum(answers)
	if v.Requests != 200 || v.Failed != 100 || v.P50 != 50 || v.P99 != 99 || v.Why != "no" {
		t.Errorf("got %+v", v)
	}
	if v := sum(nil); v.Requests != 0 || v.P99 != 0 {
		t.Errorf("of nothing: %+v", v)
	}
}
