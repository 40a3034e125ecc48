package record_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/record"
	"github.com/hopscope/hopscope/rules_test/recording"
)

// gatewayBinary returns the program under test: $HOPSCOPE_BIN, or one built now.
func gatewayBinary(t *testing.T) string {
	t.Helper()
	if bin := os.Getenv("HOPSCOPE_BIN"); bin != "" {
		return bin
	}
	bin := filepath.Join(t.TempDir(), "hopscope")
	build := exec.Command("go", "build", "-o", bin, "github.com/hopscope/hopscope/cmd/hopscope")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the gateway: %v\n%s", err, out)
	}
	return bin
}

// patiently records again while the machine was too busy for a true recording: a
// step of a second leaves little room.
func patiently(t *testing.T, run func() (recording.Recording, error)) (recording.Recording, error) {
	t.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for {
		rec, err := run()
		if !errors.Is(err, record.ErrBusy) || time.Now().After(deadline) {
			return rec, err
		}
		t.Log("once more: ", err)
	}
}

// short are times in which a step of two seconds sees something.
func short(name string) record.Scenario {
	return record.Scenario{Name: name, Times: record.Times{
		Before: 4 * time.Second, During: 5 * time.Second, After: 3 * time.Second,
	}}
}

// A short recording of the real demo: what is in it is what rules and dashboards
// read, under names that stay the same from run to run.
func TestAFaultOfTheDemoIsRecorded(t *testing.T) {
	var phases []string
	plan := record.Plan{
		Step: 2 * time.Second,
		Readers: record.Readers{
			Rules: selection(t, `hopscope_attempts_total{result!="canceled"}`), Panels: selection(t, "hopscope_request_duration_seconds"),
		},
		Progress: func(p record.Progress) {
			if len(phases) == 0 || phases[len(phases)-1] != p.Phase {
				phases = append(phases, p.Phase)
			}
		},
	}
	gateway := record.Gateway{Binary: gatewayBinary(t), Version: "v0", Seed: 7}
	rec, err := patiently(t, func() (recording.Recording, error) {
		phases = nil
		return plan.Demo(t.Context(), gateway, short("failing-replica"))
	})
	if err != nil {
		t.Fatal(err)
	}
	on, err := rec.Meta.At(recording.FaultOn)
	off, err2 := rec.Meta.At(recording.FaultOff)
	if err != nil || err2 != nil || on >= off || rec.Meta.Gateway != "v0" || rec.Meta.Seed != 7 || rec.Meta.Scrapes < 5 || rec.Meta.Description == "" {
		t.Errorf("meta: %+v", rec.Meta)
	}
	if got := strings.Join(phases, ", "); got != "in peace, fault on, recovering" {
		t.Errorf("phases: %s", got)
	}
	var failed, native bool
	for _, s := range rec.WithPanels().Series {
		name := recording.Name(s.Labels)
		last := s.Values[len(s.Values)-1]
		failed = failed || strings.Contains(name, `endpoint="users-1",instance="gateway",job="hopscope",result="server_error"`) && last.Value > 0
		native = native || last.Histogram != nil && last.Histogram.Count > 0
		if strings.Contains(name, "127.0.0.1") || strings.Contains(name, `result="canceled"`) {
			t.Errorf("%s was kept", name)
		}
	}
	if !failed {
		t.Error("no failed attempt of users-1 was recorded")
	}
	if !native {
		t.Error("no native histogram was recorded")
	}
}

func TestAnUnknownFaultIsRefused(t *testing.T) {
	plan := record.Plan{Step: time.Second}
	if _, err := plan.Demo(t.Context(), record.Gateway{Binary: gatewayBinary(t)}, short("earthquake")); err == nil || !strings.Contains(err.Error(), "earthquake") {
		t.Errorf("got %v", err)
	}
}

func TestScenariosAreFoundByTheirName(t *testing.T) {
	names := record.ScenarioNames()
	if len(names) < 20 || names[0] != record.Healthy {
		t.Errorf("%d scenarios: %v", len(names), names)
	}
	for _, n := range names {
		if s, ok := record.FindScenario(n); !ok || s.Name != n || s.Times.Before <= 0 {
			t.Errorf("%s: %+v", n, s)
		}
	}
	if _, ok := record.FindScenario("earthquake"); ok {
		t.Error("found an earthquake")
	}
}
