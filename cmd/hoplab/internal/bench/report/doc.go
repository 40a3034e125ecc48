// Package report is what the benchmarks measured: the raw results as JSON, and
// the document and the picture that are rendered from them.
package report
