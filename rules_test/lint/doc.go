// Package lint checks PromQL expressions against the catalogue of metrics: every
// series that an expression selects has to exist, and so does every label that
// it matches, groups by or joins on.
//
// Prometheus itself has no such check: a misspelt name selects nothing, and an
// alert on nothing is silent for ever.
package lint
