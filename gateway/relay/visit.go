package relay

// Visit is a task: a worker calls Call once a batch, with the turn from 0, until it
// returns true. A worker that has ended calls it without a pause.
type Visit struct {
	Worker *Worker
	Call   func(turn int) (done bool)
	Done   func() // called after the last turn
	turn   int
}

// Run implements loop.Task.
func (v Visit) Run() {
	if v.Call(v.turn) {
		v.Done()
		return
	}
	v.turn++
	if v.Worker.Post(v) != nil {
		v.Cancel()
	}
}

// Cancel implements loop.Canceller. Nothing happens on the worker any more, so
// any goroutine may call it when Post has failed.
func (v Visit) Cancel() {
	for !v.Call(v.turn) {
		v.turn++
	}
	v.Done()
}
