package tracing

import (
	"fmt"
	"net/http"
)

// Handler traces requests that next answers, under the name that operation
// gives them; a 5xx marks the span as failed.
func (t *Tracer) Handler(operation func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, finish := t.Server(r.Context(), operation(r), r.Header.Get(header))
		sw := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(sw, r.WithContext(ctx))
		if sw.status >= http.StatusInternalServerError {
			finish(fmt.Errorf("status %d", sw.status))
			return
		}
		finish(nil)
	})
}

// statusWriter remembers the status; Unwrap lets a ResponseController flush.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
