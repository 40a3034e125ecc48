// Package rulestest proves the alert rules on recorded series.
//
//	series/       what Prometheus scraped of a gateway while real faults happened (hoplab rules record);
//	              what only dashboards read is compressed
//	matrix.yml    which alert has to fire on it, and by when; carried along by Matrix
//	synthetic.yml series by hand, where no recording covers an alert
//	days.yml      hours and days, spliced from recordings
//	recorded/, synthetic/   promtool's test files, generated from these
//	recording/    reads and writes series
//	ruleset/      reads rule files
//	replay/       runs rules and queries over recordings
//	lint/         checks expressions against the catalogue of metrics
//	lab/          holds the rules to the scenarios: the matrix, promtool, both engines
//	routing/      says whom Alertmanager would have told
//	mutate/, coverage/, margin/   say what the tests are worth
//	explain/      says why an alert fires at a moment, or why not
//	report/       draws it all: a page, and timelines for the terminal
//
// make test-rules runs stock promtool over the test files, and the tests of this
// package, which hold rules, cases and test files to one another.
package rulestest

//go:generate go run ./gen
