package metrics

import (
	"net/http"
	"time"
)

// A scrape of many routes is milliseconds of work in one piece. Go lets a
// goroutine run for ten of them, and only a processor with nothing to run looks
// whether sockets are ready, so a worker's requests would wait that long. A pause
// lets workers in; it lasts until they are idle, at the most about a millisecond.
const (
	workStretch = 500 * time.Microsecond
	workPause   = 20 * time.Microsecond
	// stepsPerLook is how many steps, of a microsecond or so, pass between two
	// looks at the clock.
	stepsPerLook = 32
)

// pacer makes the pauses of one goroutine's work.
type pacer struct {
	steps   int
	resumed time.Time
}

// step is called after each small piece of work, with no lock held that a worker
// takes. A nil pacer does not pause.
func (p *pacer) step() {
	if p == nil {
		return
	}
	if p.steps++; p.steps%stepsPerLook == 0 {
		p.look()
	}
}

func (p *pacer) look() {
	now := time.Now()
	if p.resumed.IsZero() {
		p.resumed = now
	}
	if now.Sub(p.resumed) >= workStretch {
		time.Sleep(workPause)
		p.resumed = time.Now()
	}
}

// pacedWriter is a response whose writer pauses.
type pacedWriter struct {
	http.ResponseWriter
	pace pacer
}

// Write implements [http.ResponseWriter].
func (w *pacedWriter) Write(p []byte) (int, error) {
	w.pace.look()
	return w.ResponseWriter.Write(p)
}
