package record_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/record"
	"github.com/hopscope/hopscope/rules_test/recording"
)

// broken serves a gauge that is 1 while a file is there.
func broken(t *testing.T) (exporterURL, switchFile string) {
	t.Helper()
	switchFile = filepath.Join(t.TempDir(), "broken")
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "disk_full", Help: "h"})
	e := newExporter(t, func(n int64, reg *prometheus.Registry) bool {
		if n == 1 {
			reg.MustRegister(gauge)
		}
		gauge.Set(0)
		if _, err := os.Stat(switchFile); err == nil {
			gauge.Set(1)
		}
		return true
	}, 1)
	return e.URL, switchFile
}

func exporterPlan(t *testing.T, expr string) record.Plan {
	t.Helper()
	return record.Plan{Step: 2 * time.Second, Readers: record.Readers{Rules: selection(t, expr)}}
}

func TestCommandsBreakAndMendAnyExporter(t *testing.T) {
	url, file := broken(t)
	plan := exporterPlan(t, "disk_full == 1")
	rec, err := patiently(t, func() (recording.Recording, error) {
		return plan.Exporter(t.Context(), record.Exporter{
			Name: "full-disk", About: "the disk is full", Job: "node", Targets: []record.Target{target(t, "db-1="+url)},
			Times: record.Times{Before: 4 * time.Second, During: 5 * time.Second, After: 5 * time.Second},
			On:    "touch " + file, Off: "rm " + file,
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	on, err := rec.Meta.At(recording.FaultOn)
	if err != nil || rec.Meta.Scenario != "full-disk" || rec.Meta.Faults[0].Name != "full-disk" || rec.Meta.Gateway != "" {
		t.Errorf("meta %+v", rec.Meta)
	}
	for _, s := range rec.Series {
		if s.Labels.Get("job") != "node" || s.Labels.Get("instance") != "db-1" {
			t.Errorf("labels of %s", s.Labels)
		}
		if s.Labels.Get("__name__") != "disk_full" {
			continue
		}
		full := slices.ContainsFunc(s.Values, func(v recording.Value) bool { return v.Value == 1 })
		if last := s.Values[len(s.Values)-1]; !full || last.Value != 0 {
			t.Errorf("the fault after %s was not recorded: %v", on, s.Values)
		}
	}
}

func TestAFaultThatBeganIsEndedWhateverHappens(t *testing.T) {
	url, file := broken(t)
	_, err := exporterPlan(t, "disk_full").Exporter(t.Context(), record.Exporter{
		Name: "x", Job: "node", Targets: []record.Target{target(t, "db-1="+url)}, Times: record.Times{Before: time.Second},
		On: "touch " + file + "; echo out of luck; exit 3", Off: "rm " + file,
	})
	if err == nil || !strings.Contains(err.Error(), "--on") || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "out of luck") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the fault was left on")
	}
}

func TestAnInterruptWhileTheFaultIsEndedDoesNotLeaveItOn(t *testing.T) {
	url, file := broken(t)
	ctx, interrupt := context.WithCancel(t.Context())
	var watch sync.WaitGroup
	watch.Go(func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(file + ".mending"); err == nil {
				interrupt()
				_ = os.WriteFile(file+".interrupted", nil, 0o600) // without it the command goes on until its timeout
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
	_, err := exporterPlan(t, "disk_full").Exporter(ctx, record.Exporter{
		Name: "x", Job: "node", Targets: []record.Target{target(t, "db-1="+url)}, Times: record.Times{After: time.Hour},
		On: "touch " + file, Off: "touch " + file + ".mending; until [ -e " + file + ".interrupted ]; do sleep 0.05; done; rm " + file,
	})
	interrupt()
	watch.Wait()
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the fault was left on")
	}
}

func TestWhatCannotBeRecordedIsSaidAtOnce(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(gone.Close)
	for text, want := range map[string]string{
		"a=127.0.0.1:1": "start it first",
		"a=" + gone.URL: "answers 404",
	} {
		_, err := exporterPlan(t, "up").Exporter(t.Context(), record.Exporter{
			Name: "x", Job: "j", Targets: []record.Target{target(t, text)}, Times: record.Times{Before: time.Hour},
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func TestARecordingThatNobodyReadsFails(t *testing.T) {
	url, _ := broken(t)
	plan := exporterPlan(t, "disk_ful")
	_, err := patiently(t, func() (recording.Recording, error) {
		return plan.Exporter(t.Context(), record.Exporter{
			Name: "x", Job: "node", Targets: []record.Target{target(t, "db-1="+url)}, Times: record.Times{Before: 5 * time.Second},
		})
	})
	if err == nil || !strings.Contains(err.Error(), "is read by a rule or a dashboard") || !strings.Contains(err.Error(), `"node"`) {
		t.Errorf("got %v", err)
	}
}
