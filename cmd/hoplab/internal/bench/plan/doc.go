// Package plan says what the benchmarks do: the workloads, the proxies that each
// compares, and the goals that the results are held against. It is data only.
package plan
