package siege

import (
	"sort"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proc"
)

// spells are times since a start, in their order and without overlaps.
type spells []struct{ from, to time.Duration }

// before is how long before a CPU is absent a request is disturbed: as long as most
// are under way.
const before = time.Millisecond

// disturbed returns for when requests are due whose latency says more about the host
// of the machine than about the proxy: shortly before a CPU was absent, while it was,
// and for as long again, in which what has piled up is worked off.
//
// It depends on nothing but when a request was due. If those were left out that were
// open while a CPU was absent, the slow ones would be, and what makes them slow.
func disturbed(absent []proc.Absence, start time.Time) spells {
	var all spells
	for _, a := range absent {
		from, to := a.From.Add(-before).Sub(start), a.To.Add(a.To.Sub(a.From)).Sub(start)
		if last := len(all) - 1; last >= 0 && from <= all[last].to {
			all[last].to = max(all[last].to, to)
			continue
		}
		all = append(all, struct{ from, to time.Duration }{from, to})
	}
	return all
}

// at reports whether a time is in one of the spells.
func (s spells) at(t time.Duration) bool {
	i := sort.Search(len(s), func(i int) bool { return s[i].to >= t })
	return i < len(s) && s[i].from <= t
}
