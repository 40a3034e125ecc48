// Package proc runs the programs of a benchmark: on chosen CPUs, with what they
// used read from the operating system, and never outliving the benchmark.
package proc
