package admin

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Refusal says why a request or connection was not answered.
type Refusal int

// The refusals.
const (
	RefusedNoToken     Refusal = iota // it carried no token
	RefusedWrongToken                 // its token is not good, or not any more
	RefusedHandshake                  // the TLS handshake failed, as without a client certificate that is asked for
	RefusedConnections                // too many connections were open
	NumRefusals
)

// String returns the label value.
func (r Refusal) String() string {
	return [NumRefusals]string{"no_token", "wrong_token", "tls_handshake", "connections"}[r]
}

// logEvery is the least time between two lines of the log that peers can cause.
const logEvery = 10 * time.Second

// refusals counts what was refused and logs it now and then. It is safe for
// concurrent use.
type refusals struct {
	log    *slog.Logger // nil: nothing is logged
	counts [NumRefusals]atomic.Uint64

	mu      sync.Mutex
	last    time.Time // of the last line; guarded by mu
	silence uint64    // refusals since without a line; guarded by mu
}

// note counts a refusal of peer, which is an address.
func (r *refusals) note(why Refusal, peer string) {
	r.counts[why].Add(1)
	if r.log == nil {
		return
	}
	r.mu.Lock()
	now, silent := time.Now(), r.silence
	due := now.Sub(r.last) >= logEvery
	if due {
		r.last, r.silence = now, 0
	} else {
		r.silence++
	}
	r.mu.Unlock()
	if due {
		r.log.Warn("admin server refused a peer", "reason", why.String(), "peer", peer, "not_logged_before", silent)
	}
}

// Refused returns how often each [Refusal] happened.
func (a *Admin) Refused() [NumRefusals]uint64 {
	var all [NumRefusals]uint64
	for i := range all {
		all[i] = a.refusals.counts[i].Load()
	}
	return all
}
