package recording

import (
	"math"
	"strconv"
	"strings"
)

// maxWritten is how long the values of a line may be with their repetitions
// written out: weeks of numbers every five seconds.
const maxWritten = 8 << 20

// written returns how many bytes the values of a line take with their repetitions
// written out. Prometheus' parser makes every single value of 1x9999999999.
func written(line string) (n int) {
	values := valuesOf(line)
	histogram, begin := false, 0 // of the item
	for i := range len(values) + 1 {
		switch {
		case i == len(values) || !histogram && strings.IndexByte(" \t", values[i]) >= 0:
			item := values[begin:i]
			n = add(n, times(len(item), repetitions(item)))
			begin = i + 1
		case strings.HasPrefix(values[i:], "{{"):
			histogram = true
		case strings.HasPrefix(values[i:], "}}"):
			histogram = false
		}
	}
	return n
}

// valuesOf returns what follows a line's name and labels.
func valuesOf(line string) string {
	labels, quote := false, byte(0)
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quote != 0 && c == '\\' && quote != '`':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '{':
			labels = true
		case c == '}' || !labels && (c == ' ' || c == '\t'):
			return line[i+1:]
		}
	}
	return ""
}

// repetitions returns how many values an item stands for.
func repetitions(item string) int {
	n := 1
	for _, after := range strings.Split(item, "x")[1:] {
		digits := after[:len(after)-len(strings.TrimLeft(after, "0123456789"))]
		if digits == "" {
			continue
		}
		more, err := strconv.Atoi(digits)
		if err != nil {
			more = math.MaxInt // more than fit an int
		}
		n = add(n, more)
	}
	return n
}

// add and times stay at the largest int.
func add(a, b int) int {
	if a > math.MaxInt-b {
		return math.MaxInt
	}
	return a + b
}

func times(a, b int) int {
	if a > 0 && b > math.MaxInt/a {
		return math.MaxInt
	}
	return a * b
}
