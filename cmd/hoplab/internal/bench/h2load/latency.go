package h2load

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MedianLatency returns the median of the requests in a log file: a line each of
// start time, status and microseconds until the end of the response.
func MedianLatency(file string) (time.Duration, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	var all []time.Duration
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		f := strings.Fields(line)
		if len(f) < 3 {
			return 0, fmt.Errorf("%s:%d: %q: want time, status and microseconds", file, number, line)
		}
		us, err := strconv.ParseInt(f[2], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s:%d: %w", file, number, err)
		}
		all = append(all, time.Duration(us)*time.Microsecond)
	}
	if len(all) == 0 {
		return 0, fmt.Errorf("%s: no requests", file)
	}
	slices.Sort(all)
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2, nil
}
