package record_test

import (
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

// A short recording of the real demo: what is in it is what rules and dashboards
// read, under names that stay the same from run to run.
func TestAFaultOfTheDemoIsRecorded(t *testing.T) {
	plan := record.Plan{
		Binary: gatewayBinary(t), Version: "v0", Step: 2 * time.Second,
		Before: 4 * time.Second, During: 5 * time.Second, After: 3 * time.Second,
		Keep: func(name string) bool {
			return name == "up" || name == "hopscope_attempts_total" || name == "hopscope_request_duration_seconds"
		},
	}
	rec, err := plan.Record(t.Context(), "failing-replica")
	// A machine that is too busy for one recording may have time for the next.
	for tries := 1; tries < 5 && (err != nil && strings.Contains(err.Error(), "less busy") || err == nil && rec.Meta.Scrapes < 5); tries++ {
		t.Logf("%d scrapes, %v: once more", rec.Meta.Scrapes, err)
		rec, err = plan.Record(t.Context(), "failing-replica")
	}
	if err != nil {
		t.Fatal(err)
	}
	on, err := rec.Meta.At(record.FaultOn)
	off, err2 := rec.Meta.At(record.FaultOff)
	if err != nil || err2 != nil || on >= off || rec.Meta.Gateway != "v0" || rec.Meta.Scrapes < 5 || rec.Meta.Description == "" {
		t.Errorf("meta: %+v", rec.Meta)
	}
	var failed, native bool
	for _, s := range rec.Series {
		name := recording.Name(s.Labels)
		last := s.Values[len(s.Values)-1]
		failed = failed || strings.Contains(name, `endpoint="users-1",instance="gateway",job="hopscope",result="server_error"`) && last.Value > 0
		native = native || last.Histogram != nil && last.Histogram.Count > 0
		if strings.Contains(name, "127.0.0.1") {
			t.Errorf("%s holds an address of this run", name)
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
	plan := record.Plan{Binary: gatewayBinary(t), Step: time.Second}
	if _, err := plan.Record(t.Context(), "earthquake"); err == nil || !strings.Contains(err.Error(), "earthquake") {
		t.Errorf("got %v", err)
	}
}
