package admin

import (
	"log/slog"
	"net/http"
	"time"
)

// The timeouts of the administration server. Writing may take as long as the
// longest profile that is worth asking for.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 2 * time.Minute
	idleTimeout   = 2 * time.Minute
	maxHeader     = 16 << 10
)

// NewServer returns a server for h with timeouts that no peer can hold it
// beyond. Its Serve is given the listener; its Shutdown waits for requests in
// progress.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
	}
	if log != nil {
		s.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelWarn)
	}
	return s
}
