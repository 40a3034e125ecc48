package e2e

import (
	"strconv"
	"strings"
)

// metric returns the sum of all series of a metric in the text format whose
// label set contains every one of the given pairs (name="value"), and how many
// there are.
func metric(page, name string, labels ...string) (sum float64, series int) {
line:
	for line := range strings.Lines(page) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok || rest == "" || (rest[0] != '{' && rest[0] != ' ') {
			continue
		}
		set := ""
		if rest[0] == '{' {
			end := strings.LastIndexByte(rest, '}')
			set, rest = rest[:end], rest[end+1:]
		}
		for _, label := range labels {
			if !strings.Contains(set, label) {
				continue line
			}
		}
		value, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
		if err != nil {
			continue
		}
		sum += value
		series++
	}
	return sum, series
}
