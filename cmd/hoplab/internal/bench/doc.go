// Package bench measures hopscope and other proxies side by side: the same load
// through each, interleaved round by round, CPU time and memory of each process
// read from the operating system.
//
// Package plan holds what is measured and the goals, proxies how each proxy is
// set, report what becomes of the results. Package siege does the like under
// attack.
package bench

//go:generate go run ./report/gen -results results/results.json -picture results/benchmarks.svg -document ../../../../BENCHMARKS.md
