package report

import (
	"slices"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/place"
)

// Results is one run of the benchmarks.
type Results struct {
	place.Run
	Samples []Sample `json:"samples"` // in the order in which they were measured
}

// Sample is one measurement.
type Sample struct {
	Workload string  `json:"workload"`
	Metric   string  `json:"metric"`
	Proxy    string  `json:"proxy"`
	Round    int     `json:"round"` // from 1
	Value    float64 `json:"value"` // in the metric's unit
}

// Stat sums up the samples of one measure over the rounds.
type Stat struct {
	Median, Min, Max float64
	N                int // samples; 0: nothing was measured
}

// values returns the samples of a measure by round.
func (r *Results) values(workload, metric, proxy string) map[int]float64 {
	byRound := map[int]float64{}
	for _, s := range r.Samples {
		if s.Workload == workload && s.Metric == metric && s.Proxy == proxy {
			byRound[s.Round] = s.Value
		}
	}
	return byRound
}

// Stat returns the median of a measure, and what it lies between.
func (r *Results) Stat(workload, metric, proxy string) Stat {
	var all []float64
	for _, v := range r.values(workload, metric, proxy) {
		all = append(all, v)
	}
	return Summary(all)
}

// Ratio returns the ratio of a measure of two proxies: of each round, so that
// what the machine did meanwhile cancels out.
func (r *Results) Ratio(workload, metric, proxy, to string) Stat {
	var all []float64
	others := r.values(workload, metric, to)
	for round, v := range r.values(workload, metric, proxy) {
		if other, ok := others[round]; ok && other != 0 {
			all = append(all, v/other)
		}
	}
	return Summary(all)
}

// Summary sums up values, which it sorts.
func Summary(all []float64) Stat {
	if len(all) == 0 {
		return Stat{}
	}
	slices.Sort(all)
	n := len(all)
	return Stat{Median: (all[(n-1)/2] + all[n/2]) / 2, Min: all[0], Max: all[n-1], N: n}
}
