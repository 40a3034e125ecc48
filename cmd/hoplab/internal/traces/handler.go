package traces

import (
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/gorilla/mux"
)

// maxBatch bounds a posted batch in bytes.
const maxBatch = 4 << 20

// Handler serves the store as the package's documentation says.
func (s *Store) Handler() http.Handler {
	r := mux.NewRouter()
	r.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ok\n") // a failed write means the client is gone
	}).Methods(http.MethodGet, http.MethodHead)
	r.HandleFunc("/api/traces", s.receive).Methods(http.MethodPost)
	r.HandleFunc("/api/traces", s.find).Methods(http.MethodGet)
	r.HandleFunc("/api/traces/{id}", s.get).Methods(http.MethodGet)
	r.HandleFunc("/api/services", func(w http.ResponseWriter, _ *http.Request) {
		names := s.Services()
		answer(w, names, len(names))
	}).Methods(http.MethodGet)
	r.HandleFunc("/api/services/{service}/operations", func(w http.ResponseWriter, r *http.Request) {
		names := s.Operations(mux.Vars(r)["service"])
		answer(w, names, len(names))
	}).Methods(http.MethodGet)
	return r
}

func (s *Store) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBatch))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	batch, err := decode(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.add(batch)
	w.WriteHeader(http.StatusAccepted)
}

func (s *Store) get(w http.ResponseWriter, r *http.Request) {
	id := mux.Vars(r)["id"]
	t, ok := s.Trace(id)
	if !ok {
		fail(w, http.StatusNotFound, Error{Msg: "trace not found", TraceID: id})
		return
	}
	answer(w, []Trace{t}, 0)
}

func (s *Store) find(w http.ResponseWriter, r *http.Request) {
	q, err := ParseQuery(r.URL.Query(), time.Now())
	if err != nil {
		fail(w, http.StatusBadRequest, Error{Msg: err.Error()})
		return
	}
	answer(w, s.Find(q), 0)
}

func answer[T any](w http.ResponseWriter, data T, total int) {
	write(w, http.StatusOK, Answer[T]{Data: data, Total: total})
}

func fail(w http.ResponseWriter, status int, e Error) {
	e.Code = status
	write(w, status, Answer[any]{Errors: []Error{e}})
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("content-type", "application/json")
	w.WriteHeader(status)
	// The status is out already: a failed write means the client is gone.
	_ = json.NewEncoder(w).Encode(v)
}
