package place

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestResultsAreReadAsTheyWereWritten(t *testing.T) {
	type results struct {
		Run
		Samples []float64 `json:"samples"`
	}
	want := &results{
		Run:     Run{Date: "2026-11-26T12:00:00Z", Command: "hoplab bench", Rounds: 3, Machine: Machine{"Linux 6", "A CPU", 2}, Version: map[string]string{"hopscope": "1"}},
		Samples: []float64{1, 2.5},
	}
	file := filepath.Join(t.TempDir(), "results.json")
	if err := Write(file, want); err != nil {
		t.Fatal(err)
	}
	if got, err := Read[results](file); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := Read[results](file + "x"); err == nil {
		t.Error("read what is not there")
	}
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read[results](file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("of half a file: %v", err)
	}
}
