package main

import "github.com/hopscope/hopscope/telemetry/catalog"

// Units as Grafana names them.
const (
	perSecond = "ops"
	requests  = "reqps"
	seconds   = "s"
	octets    = "bytes"
	byteRate  = "Bps"
	percent   = "percentunit"
	number    = "short"
	boolean   = "bool_yes_no"
)

// Scenarios are the recordings that a panel can ask for.
const (
	healthy        = "healthy"
	slowConsumer   = "slow-consumer"
	failingReplica = "failing-replica"
	deadReplica    = "dead-replica"
	slowReplica    = "slow-replica"
	goawayStorm    = "goaway-storm"
	stalledStream  = "stalled-stream"
	latency        = "latency"
	rapidReset     = "rapid-reset"
)

// panel declares one panel.
type panel struct {
	title, about string
	unit         string
	queries      []query
	// shows is the recording in which every query of the panel has data, and
	// some of it is above zero if nonzero.
	shows   string
	nonzero bool
	kind    kind // without a name: graph
	// rowsBy are the labels of a table's rows, in their order; columns say how the
	// values of its queries are shown.
	rowsBy  []string
	columns []column
	// wide is the width on the grid where the kind's is not meant.
	wide int
	// warn and bad colour a value from these on; 0: not.
	warn, bad float64
	exemplars bool
	traces    traceLink
}

// query is a curve, or a column of a table, which its legend is the title of.
type query struct {
	expr, legend string
}

// traceLink says by which tag a graph's series finds its traces.
type traceLink struct{ tag, label string }

var (
	routeTraces    = traceLink{"route", catalog.LabelRoute}
	upstreamTraces = traceLink{"upstream", catalog.LabelUpstream}
)

// row is a titled group of panels.
type row struct {
	title  string
	panels []panel
}

// board declares one dashboard.
type board struct {
	uid, title, about string
	rows              []row
}

func boards() []board { return []board{overview(), streams(), upstreams(), protection()} }

// gaugeUnit returns the unit of a metric's value.
func gaugeUnit(m *catalog.Metric) string {
	switch m.Unit {
	case catalog.Seconds:
		return seconds
	case catalog.Bytes:
		return octets
	case catalog.Bool:
		return boolean
	default:
		return number
	}
}

// rateUnit returns the unit of a counter's rate. Seconds per second are a
// number: how many did so on average.
func rateUnit(c catalog.Counter) string {
	switch c.Metric().Unit {
	case catalog.Bytes:
		return byteRate
	case catalog.Seconds:
		return number
	default:
		return perSecond
	}
}
