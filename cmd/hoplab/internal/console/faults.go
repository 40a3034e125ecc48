package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/fault"
	rulestest "github.com/hopscope/hopscope/rules_test"
	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/lint"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// Expectation is what a fault does to alerts and panels, as the matrix of the rule
// lab proves it.
type Expectation struct {
	Alerts []ExpectedAlert `json:"alerts"` // have to fire
	May    []string        `json:"may"`    // may fire, too
	Panels []Panel         `json:"panels"` // show it
}

// ExpectedAlert is an alert that has to fire.
type ExpectedAlert struct {
	Alert  string  `json:"alert"`
	Within float64 `json:"within_seconds"` // after the fault began
}

// quiet are the faults that must not alert, and what moves all the same.
func quiet() map[string]string {
	return map[string]string{
		"error-burst":     catalog.RequestFailuresTotal.String(),
		"gateway-restart": fmt.Sprintf("%s + %s", catalog.ConnectionsOpenedTotal, catalog.ConnectionsOpen),
	}
}

// expectations returns what to expect of each scenario of the matrix. Scenarios are
// named after their faults.
func expectations(a *atlas) (map[string]Expectation, error) {
	matrix, err := lab.ParseMatrix("rules_test/"+lab.MatrixFile, rulestest.Matrix())
	if err != nil {
		return nil, err
	}
	all := map[string]Expectation{}
	for _, row := range matrix.Scenarios {
		e := Expectation{Alerts: []ExpectedAlert{}, May: append([]string{}, row.May...)}
		for _, b := range row.Must {
			if a.alerts[b.Alert] == nil {
				return nil, fmt.Errorf("%s: there is no alert %q in the rules", row.Scenario, b.Alert)
			}
			e.Alerts = append(e.Alerts, ExpectedAlert{b.Alert, time.Duration(b.Within).Seconds()})
		}
		if e.Panels, err = a.show(row, e.Alerts); err != nil {
			return nil, err
		}
		all[row.Scenario] = e
	}
	return all, nil
}

// show returns the panels that show a scenario: the best of each alert, then the
// next of each.
func (a *atlas) show(row lab.Row, expected []ExpectedAlert) ([]Panel, error) {
	panels := []Panel{}
	if text, ok := quiet()[row.Scenario]; ok {
		expr, err := lint.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", row.Scenario, err)
		}
		return a.of(expr, ""), nil
	}
	for rank := range maxPanels {
		for _, e := range expected {
			of := a.alerts[e.Alert]
			if rank >= len(of) || len(panels) == maxPanels {
				continue
			}
			same := func(p Panel) bool { return p.Dashboard == of[rank].Dashboard && p.Panel == of[rank].Panel }
			if !slices.ContainsFunc(panels, same) {
				panels = append(panels, of[rank])
			}
		}
	}
	return panels, nil
}

// maxFaults bounds a list of faults, in bytes.
const maxFaults = 1 << 20

// addExpectations adds to an answer of the faults' board what to expect of each.
func addExpectations(answer *http.Response, expect map[string]Expectation) error {
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxFaults))
	if err != nil {
		return err
	}
	if err := answer.Body.Close(); err != nil {
		return err
	}
	var states []fault.State
	if err := json.Unmarshal(body, &states); err != nil {
		return answerError{errors.New("answers no list of faults")}
	}
	type described struct {
		fault.State
		Expect Expectation `json:"expect"`
	}
	list := []described{}
	for _, s := range states {
		e, ok := expect[s.Name]
		if !ok {
			e = Expectation{[]ExpectedAlert{}, []string{}, []Panel{}}
		}
		list = append(list, described{s, e})
	}
	if body, err = json.Marshal(list); err != nil {
		return err
	}
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer.Header.Set("Content-Type", "application/json")
	answer.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}
