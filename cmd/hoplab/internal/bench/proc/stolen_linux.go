package proc

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// userTick is the unit of times in /proc/stat, USER_HZ, which is 100 on every
// architecture that Go knows.
const userTick = 10 * time.Millisecond

// Stolen returns how much CPU time, over all CPUs since the system started, this
// machine would have used and its host gave to others: the steal of proc_stat(5).
func Stolen() (time.Duration, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	return stolen(string(text))
}

func stolen(stat string) (time.Duration, error) {
	const steal = 8 // the field's place: cpu user nice system idle iowait irq softirq steal
	line, _, _ := strings.Cut(stat, "\n")
	f := strings.Fields(line)
	if len(f) <= steal || f[0] != "cpu" {
		return 0, fmt.Errorf("/proc/stat begins with %q, not with the times of all CPUs", line)
	}
	ticks, err := strconv.ParseInt(f[steal], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("/proc/stat: steal: %w", err)
	}
	return time.Duration(ticks) * userTick, nil
}
