package report

import (
	"fmt"
	"strconv"
)

// Number writes a value with three digits that count, and groups thousands.
func Number(v float64) string {
	switch a := max(v, -v); {
	case a >= 9999.5:
		n := strconv.FormatFloat(v, 'f', 0, 64)
		return n[:len(n)-3] + "," + n[len(n)-3:]
	case a >= 99.95:
		return fmt.Sprintf("%.0f", v)
	case a >= 9.995:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// String writes the median and what it lies between.
func (s Stat) String() string {
	switch s.N {
	case 0:
		return "–"
	case 1:
		return Number(s.Median)
	}
	return fmt.Sprintf("%s [%s–%s]", Number(s.Median), Number(s.Min), Number(s.Max))
}
