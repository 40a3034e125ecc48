package console

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxBody bounds what a browser may send, in bytes: a query in a form.
const maxBody = 1 << 20

// relay passes requests on to one source.
type relay struct {
	source  Source
	agent   string // its User-Agent
	carrier http.RoundTripper
	// wait is how long an answer may take to begin, rest how long to end then.
	wait, rest time.Duration
}

func newRelay(s Source, version string) *relay {
	return &relay{source: s, agent: "hoplab/" + version, carrier: s.transport(), wait: answerTimeout, rest: bodyTimeout}
}

// handler returns what serves a route.
func (r *relay) handler(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { r.serve(w, req, rt) })
}

func (r *relay) serve(w http.ResponseWriter, req *http.Request, rt route) {
	ctx, cancel := context.WithCancelCause(req.Context())
	defer cancel(nil)
	clock := time.AfterFunc(r.wait, func() { cancel(context.DeadlineExceeded) })
	defer clock.Stop()
	answer, err := r.ask(ctx, w, req, rt)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause // time is up, or the browser is gone
		}
		r.source.problem(err).write(w)
		return
	}
	defer answer.Body.Close()
	clock.Reset(r.rest)
	h := w.Header()
	for _, name := range []string{"Content-Type", "Content-Encoding", "Content-Length", "Date"} {
		if v := answer.Header.Values(name); v != nil {
			h[name] = v
		}
	}
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", apiPolicy)
	w.WriteHeader(answer.StatusCode)
	if _, err := io.Copy(w, answer.Body); err != nil {
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
}

// ask returns the source's answer to a request, whose body is the caller's to close.
// Nothing of the browser goes along but what it asks: not its cookies, which it
// sends to every server of this machine, nor its credentials.
func (r *relay) ask(ctx context.Context, w http.ResponseWriter, req *http.Request, rt route) (*http.Response, error) {
	target, err := rt.at(r.source.URL, req)
	if err != nil {
		return nil, err
	}
	out, err := http.NewRequestWithContext(ctx, req.Method, target, nil)
	if err != nil {
		return nil, err
	}
	if req.ContentLength != 0 {
		out.Body, out.ContentLength = http.MaxBytesReader(w, req.Body, maxBody), req.ContentLength
	}
	for _, name := range []string{"Accept", "Accept-Encoding", "Content-Type"} {
		if v := req.Header.Values(name); v != nil {
			out.Header[name] = v
		}
	}
	out.Header.Set("User-Agent", r.agent)
	if rt.edit != nil {
		out.Header.Del("Accept-Encoding")
	}
	if err := r.source.authorize(out); err != nil {
		return nil, err
	}
	answer, err := r.carrier.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	switch to := answer.Header.Get("Location"); {
	case answer.StatusCode < 200:
		err = answerError{fmt.Errorf("answers status %d", answer.StatusCode)} // 101 is no answer to what was asked
	case to != "" && answer.StatusCode < 400 && answer.StatusCode >= 300:
		err = redirectError{to}
	case rt.edit != nil && answer.StatusCode == http.StatusOK && req.Method != http.MethodHead:
		err = rt.edit(answer)
	}
	if err != nil {
		answer.Body.Close()
		return nil, err
	}
	return answer, nil
}
