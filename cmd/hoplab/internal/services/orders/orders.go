package orders

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/mux"
	"google.golang.org/grpc/status"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/services/profilesv1"
)

const (
	maxExport = 1 << 30 // bytes
	maxOrder  = 4 << 10 // bytes of a placed order
	chunk     = 32 << 10
	// stallAfter is how much of an upload is read before a stall, in bytes.
	stallAfter = 64 << 10
)

// Service answers orders requests; see the package's documentation.
type Service struct {
	profiles profilesv1.ProfilesClient

	// Guarded by mu. Open while uploads stall, closed to let them go on; nil
	// while they do not.
	mu    sync.Mutex
	stall chan struct{}

	resetting atomic.Bool
	delay     atomic.Int64 // nanoseconds
}

// New returns a service that asks profiles through this client.
func New(profiles profilesv1.ProfilesClient) *Service { return &Service{profiles: profiles} }

// SetStalled makes uploads stop being read after their first 64 KiB, also
// those under way; turned off, they go on.
func (s *Service) SetStalled(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case on && s.stall == nil:
		s.stall = make(chan struct{})
	case !on && s.stall != nil:
		close(s.stall)
		s.stall = nil
	}
}

// SetResetting makes every request end with RST_STREAM, or be answered again.
func (s *Service) SetResetting(on bool) { s.resetting.Store(on) }

// SetDelay makes every request take this much longer; 0 ends it.
func (s *Service) SetDelay(d time.Duration) { s.delay.Store(int64(d)) }

// Handler returns the service's routes, as the faults let them be.
func (s *Service) Handler() http.Handler {
	routes := s.routes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.resetting.Load() {
			panic(http.ErrAbortHandler) // net/http's way to send RST_STREAM
		}
		if d := time.Duration(s.delay.Load()); d > 0 {
			select {
			case <-time.After(d):
			case <-r.Context().Done():
				return
			}
		}
		routes.ServeHTTP(w, r)
	})
}

func (s *Service) routes() http.Handler {
	r := mux.NewRouter()
	r.HandleFunc("/orders", s.place).Methods(http.MethodPost)
	r.HandleFunc("/orders/export", s.export).Methods(http.MethodGet)
	r.HandleFunc("/orders/import", s.receive).Methods(http.MethodPost)
	return r
}

// Operation names a request for its span, from a closed set.
func Operation(r *http.Request) string {
	switch r.URL.Path {
	case "/orders", "/orders/export", "/orders/import":
		return r.Method + " " + r.URL.Path
	}
	return "unknown"
}

func (s *Service) place(w http.ResponseWriter, r *http.Request) {
	var order struct {
		UserID uint64 `json:"user_id"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOrder)).Decode(&order); err != nil {
		http.Error(w, `want an order such as {"user_id":7}`, http.StatusBadRequest)
		return
	}
	p, err := s.profiles.Summary(r.Context(), &profilesv1.SummaryRequest{UserId: order.UserID})
	if err != nil {
		http.Error(w, "profiles: "+status.Convert(err).Message(), http.StatusBadGateway)
		return
	}
	writeJSON(w, map[string]any{"user_id": p.GetUserId(), "name": p.GetName(), "plan": p.GetPlan()})
}

func (s *Service) export(w http.ResponseWriter, r *http.Request) {
	left, err := strconv.ParseInt(r.URL.Query().Get("bytes"), 10, 64)
	if err != nil || left < 0 || left > maxExport {
		http.Error(w, fmt.Sprintf("bytes must be a number in 0..%d", maxExport), http.StatusBadRequest)
		return
	}
	w.Header().Set("content-type", "application/octet-stream")
	w.Header().Set("content-length", strconv.FormatInt(left, 10))
	page := make([]byte, chunk)
	for left > 0 {
		n, err := w.Write(page[:min(left, chunk)])
		if err != nil {
			return // the client is gone
		}
		left -= int64(n)
	}
}

func (s *Service) receive(w http.ResponseWriter, r *http.Request) {
	var total int64
	page := make([]byte, chunk)
	for {
		if total >= stallAfter && !s.waitWhileStalled(r) {
			return
		}
		n, err := r.Body.Read(page)
		total += int64(n)
		if err == io.EOF {
			writeJSON(w, map[string]int64{"bytes": total})
			return
		}
		if err != nil {
			return // the client is gone
		}
	}
}

// waitWhileStalled returns at once unless uploads stall; false if the request
// ended meanwhile.
func (s *Service) waitWhileStalled(r *http.Request) bool {
	s.mu.Lock()
	stall := s.stall
	s.mu.Unlock()
	if stall == nil {
		return true
	}
	select {
	case <-stall:
		return true
	case <-r.Context().Done():
		return false
	}
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("content-type", "application/json")
	// The status is out already: a failed write means the client is gone.
	_ = json.NewEncoder(w).Encode(v)
}
