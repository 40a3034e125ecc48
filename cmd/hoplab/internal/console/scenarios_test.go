package console_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/console"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/fault"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/record"
)

// Every fault has a scenario of its name, and so something to expect.
func TestEveryScenarioOfTheDemoIsExpected(t *testing.T) {
	var faults []fault.Fault
	for _, name := range record.ScenarioNames() {
		if name != record.Healthy {
			faults = append(faults, fault.Fault{Name: name})
		}
	}
	board := httptest.NewServer(fault.NewBoard(faults...).Handler())
	defer board.Close()
	u, err := url.Parse(board.URL)
	if err != nil {
		t.Fatal(err)
	}
	h, err := console.New(console.Config{Sources: []console.Source{{Name: console.Faults, URL: u}}})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	defer srv.Close()
	resp, err := http.Get(srv.URL + "/api/faults")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var list []struct {
		Name   string
		Expect console.Expectation
	}
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil || len(list) != len(faults) {
		t.Fatalf("%d faults, want %d (%v)", len(list), len(faults), err)
	}
	for _, f := range list {
		if len(f.Expect.Panels) == 0 {
			t.Errorf("%s: no panel is expected to move: is it in rules_test/matrix.yml?", f.Name)
		}
	}
}
