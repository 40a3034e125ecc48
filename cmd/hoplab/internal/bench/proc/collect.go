package proc

import (
	"runtime"
	"runtime/debug"
)

// maxGarbage is how many bytes this process uses before it collects even so.
const maxGarbage = 1 << 30

// Uncollected calls do; until it returns, this process does not collect its garbage. On
// a CPU that client and origin share a collection makes every request wait, for
// milliseconds, and that would count as the latency of the proxy between them.
func Uncollected(do func()) {
	runtime.GC()
	limit := debug.SetMemoryLimit(maxGarbage)
	percent := debug.SetGCPercent(-1)
	defer func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}()
	do()
}
