package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
)

// listTimeout bounds how long the workers are asked for a list.
const listTimeout = 2 * time.Second

// list returns the page of what the workers list when they are asked, as a JSON
// array. what is its name in the plural.
func list[T any](a *Admin, what string, ask func(event.Source, context.Context) ([]T, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		source := a.source.Load()
		if source == nil {
			say(w, http.StatusServiceUnavailable, "starting: there are no workers to ask yet")
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), listTimeout)
		defer cancel()
		all, err := ask(*source, ctx)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			say(w, http.StatusServiceUnavailable, "the workers did not answer in time; try again")
			return
		case err != nil:
			say(w, http.StatusServiceUnavailable, "the workers cannot be asked: "+err.Error())
			return
		}
		if all == nil {
			all = []T{} // [] and not null
		}
		var body bytes.Buffer
		if err := json.NewEncoder(&body).Encode(all); err != nil {
			say(w, http.StatusInternalServerError, "the "+what+" cannot be written as JSON: "+err.Error())
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body.Bytes()) // a client that is gone is no concern
	}
}
