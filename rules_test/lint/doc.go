// Package lint checks alert and recording rules, and the queries of dashboards,
// without a server: against a [Registry] of the series that there are, and against
// what goes wrong with rules again and again. [Checks] lists what is looked for.
//
// Prometheus itself has no such check: a misspelt name selects nothing, and an
// alert on nothing is silent for ever. Which labels a result has is computed from
// the expression, as the engine does with the labels themselves, so that a template
// cannot name one that the expression removed.
package lint
