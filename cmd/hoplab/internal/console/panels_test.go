package console

import (
	"slices"
	"testing"
)

func TestEveryAlertIsDrawnBySomePanel(t *testing.T) {
	a := checkedIn(t).atlas
	if len(a.alerts) < 25 {
		t.Errorf("there are %d alerts", len(a.alerts))
	}
	for alert, panels := range a.alerts {
		if len(panels) == 0 || len(panels) > maxPanels {
			t.Errorf("%s: %d panels: draw what it reads in one of dashboards/gen", alert, len(panels))
		}
		for _, p := range panels {
			if p.Dashboard == "" || p.Panel == 0 || p.Title == "" || p.Why == "" {
				t.Errorf("%s: %+v", alert, p)
			}
		}
	}
}

func TestTheBestPanelComesFirst(t *testing.T) {
	a := checkedIn(t).atlas
	for alert, want := range map[string]Panel{
		// By its own records.
		"HopscopeSlowConsumer":        {Dashboard: "hopscope-streams", Title: "Time spent waiting for clients", Why: "hopscope_stall_seconds_total, hopscope_streams_open"},
		"HopscopeAvailabilityBurn14x": {Dashboard: "hopscope-overview", Title: "Availability: budget burn", Why: "hopscope_request_failures_total, hopscope_requests_total"},
		// Of many panels of one metric, by what they select.
		"HopscopeEndpointFailing":     {Dashboard: "hopscope-upstreams", Title: "Failed attempts by endpoint", Why: "hopscope_attempts_total"},
		"HopscopeEndpointUnreachable": {Dashboard: "hopscope-upstreams", Title: "Unreachable endpoints", Why: "hopscope_attempts_total"},
		"HopscopeGoAwayStorm":         {Dashboard: "hopscope-upstreams", Title: "GOAWAY from upstreams", Why: "hopscope_goaway_total"},
		// Classic and native histograms are one.
		"HopscopeRouteSlow": {Dashboard: "hopscope-overview", Title: "Duration of unary requests by route", Why: "hopscope_request_duration_seconds"},
		"HopscopeDown":      {Dashboard: "hopscope-overview", Title: "Gateways up", Why: "up"},
	} {
		got := a.alerts[alert][0]
		got.Panel = 0
		if got != want {
			t.Errorf("%s: got %+v, want %+v", alert, got, want)
		}
	}
	// Panels of what the alert does not look at are none of it.
	if slices.ContainsFunc(a.alerts["HopscopeGoAwayStorm"], func(p Panel) bool { return p.Title == "Client connections" }) {
		t.Error("GOAWAY from upstreams leads to connections of clients")
	}
}
