// Package replay runs rules over a recording, as a Prometheus would have that
// scraped these series: every group at its own interval and phase, with for,
// keep_firing_for, limits, staleness and ALERTS.
//
// It uses Prometheus' PromQL engine and templates. What Prometheus does around
// them, it does itself (alert.go, run.go), because thousands of mutants are to be
// run in seconds: a rule is one range query over the whole recording instead of an
// instant query for each evaluation, and what a change does not touch is taken
// over from the run before ([Options].Base). Rules that read what they or later
// rules of their group record, or look at the time of the evaluation by @ start() or
// @ end(), are evaluated step by step. TestAgreesWithManager holds all of it to
// Prometheus' rule manager.
//
// All groups have the same phase here; in Prometheus each has its own, which nobody
// chooses. So of two groups, one of which reads the other, either may come first:
// what is read does, unless [Options].Lag turns it round. What a group with a
// query_offset records is visible from its timestamp on, to groups whose offset is
// less, too, which in Prometheus may see it later.
//
//	store.go   series in memory, with what rules recorded
//	order.go   which rule reads which, and so what comes first
//	run.go     a run, and its result
//	alert.go   the states of an alert
//	template.go labels and annotations
//	course.go  what happened, for those who look at it
//
// Everything here is safe for concurrent use once it was made.
package replay
