package console

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Bounds of what a source may take.
const (
	answerTimeout  = 15 * time.Second // until an answer begins
	bodyTimeout    = time.Minute      // for the rest of it
	connectTimeout = 5 * time.Second
	// maxRequests bounds how many requests a source is asked at once; others wait.
	maxRequests = 32
)

// Source is where the console gets something from.
type Source struct {
	Name string // [Prometheus], [Admin], [Traces] or [Faults]
	// URL is what its API's paths are below, with the user and password of basic
	// authentication if it wants them.
	URL *url.URL
	// Token returns the token that it wants; nil: none. It is called for each
	// request, so that a token can be renewed.
	Token func() (string, error)
	TLS   *tls.Config // of https://; nil: the system's authorities
}

// ParseURL reads a source's URL, which may lack http://.
func ParseURL(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		var e *url.Error
		if errors.As(err, &e) {
			err = e.Err // a URL may hold a password
		}
		return nil, fmt.Errorf("no URL such as http://127.0.0.1:9090: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, fmt.Errorf("want a URL such as http://127.0.0.1:9090, got %q", u.Redacted())
	}
	return u, nil
}

// shown returns the URL without credentials.
func (s *Source) shown() string {
	u := *s.URL
	u.User, u.RawQuery = nil, ""
	return u.String()
}

// transport returns what carries requests to the source.
func (s *Source) transport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSClientConfig:     s.TLS,
		TLSHandshakeTimeout: connectTimeout,
		DisableCompression:  true, // the browser is asked what it takes
		MaxConnsPerHost:     maxRequests,
		MaxIdleConnsPerHost: maxRequests,
		IdleConnTimeout:     time.Minute,
	}
}

// authorize adds the source's credentials to a request.
func (s *Source) authorize(r *http.Request) error {
	if u := s.URL.User; u != nil {
		password, _ := u.Password()
		r.SetBasicAuth(u.Username(), password)
	}
	if s.Token == nil {
		return nil
	}
	token, err := s.Token()
	if err != nil {
		return tokenError{err}
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}

// tokenError says that a source was not asked for want of a token.
type tokenError struct{ error }
