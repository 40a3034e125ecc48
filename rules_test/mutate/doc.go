// Package mutate measures how much the tests of rules would notice: it changes one
// thing of one rule at a time and asks whether any scenario tells the difference.
//
// A mutant is killed when, on at least one scenario, a check of the generated
// promtool file would fail or a verdict of the matrix changes. One that survives is
// a change to the rules that no test would notice: a test is missing, or the
// change makes no difference. The latter is said in the rule file, by a comment in
// the rule:
//
//	# equivalent: KIND why it makes no difference
//	# equivalent: KIND[part of what is changed] why
//
// A comment that no survivor needs is an error, as is one without a reason.
//
//	mutant.go     what is changed in a rule
//	expr.go       what is changed in an expression
//	sign.go       comparisons that cannot differ
//	equivalent.go the comments
//	target.go     a scenario, and how it kills
//	run.go        all mutants against all scenarios
//	report.go     scores, survivors, JSON
//	since.go      the rules that a change touches
package mutate
