// Package ruleset reads rule files as Prometheus does, and keeps what a lab needs
// beyond that: the line of every rule, and the comments that stand with it.
//
// A [Set] is immutable. [Set.With] makes another one in which a rule was exchanged,
// which is what a mutant is.
package ruleset
