// Package rulestest proves the alert rules on recorded series.
//
//	series/       what Prometheus scraped of a gateway while real faults happened (hoplab rules record)
//	cases/        which alert has to fire on it, and by when; series by hand where no recording covers an alert
//	recorded/, synthetic/   promtool's test files, generated from the two
//	recording/    reads and writes series
//	replay/       runs rules and queries over them
//	lint/         checks expressions against the catalogue of metrics
//	suite/        turns cases into test files
//
// make test-rules runs stock promtool over the test files, and the tests of this
// package, which hold rules, cases and test files to one another.
package rulestest

//go:generate go run ./gen -dir . -rules ../alerts
