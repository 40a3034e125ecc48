package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/gorilla/mux"
)

// maxBody bounds a request's body in bytes; a switch needs about ten.
const maxBody = 1 << 10

// Handler serves the board as the package's documentation says.
func (b *Board) Handler() http.Handler {
	r := mux.NewRouter()
	r.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	}).Methods(http.MethodGet, http.MethodHead)
	r.HandleFunc("/faults", b.serveList).Methods(http.MethodGet)
	r.HandleFunc("/faults/{name}", b.serveSet).Methods(http.MethodPut)
	return r
}

func (b *Board) serveList(w http.ResponseWriter, r *http.Request) {
	list, err := b.List(r.Context())
	if err != nil && len(list) == 0 {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	writeJSON(w, list)
}

func (b *Board) serveSet(w http.ResponseWriter, r *http.Request) {
	var body struct {
		On *bool `json:"on"`
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(&body); err != nil || body.On == nil {
		http.Error(w, `want the body {"on":true} or {"on":false}`, http.StatusBadRequest)
		return
	}
	state, err := b.Set(r.Context(), mux.Vars(r)["name"], *body.On)
	switch {
	case errors.Is(err, ErrUnknown):
		http.Error(w, err.Error(), http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		writeJSON(w, state)
	}
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("content-type", "application/json")
	// The status is out already: a failed write means the client is gone.
	_ = json.NewEncoder(w).Encode(v)
}
