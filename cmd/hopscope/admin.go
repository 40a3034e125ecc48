package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
)

const (
	adminTimeout  = 5 * time.Second
	maxAdminBytes = 256 << 20 // half a million streams
)

// adminClient asks a gateway's admin server.
type adminClient struct {
	url, host string
	http      *http.Client
}

// newAdminClient takes the admin server's URL; http:// may be left out.
func newAdminClient(admin string) (*adminClient, error) {
	if !strings.Contains(admin, "://") {
		admin = "http://" + admin
	}
	u, err := url.Parse(admin)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("must be a URL such as http://127.0.0.1:9901, got %q", admin)
	}
	return &adminClient{url: u.JoinPath("streams").String(), host: u.Host, http: &http.Client{Timeout: adminTimeout}}, nil
}

// streams returns the open streams and the time on the gateway's clock.
func (c *adminClient) streams(ctx context.Context) ([]event.StreamInfo, time.Time, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url, nil)
	if err != nil {
		return nil, time.Time{}, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		var e *url.Error
		if errors.As(err, &e) {
			err = e.Err // the URL follows
		}
		return nil, time.Time{}, fmt.Errorf("cannot reach the admin server at %s: %w; is the gateway running, and is --admin right?", c.host, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, time.Time{}, fmt.Errorf("%s answered %s; is it a gateway's admin server?", c.url, response.Status)
	}
	now := time.Now()
	if t, err := http.ParseTime(response.Header.Get("Date")); err == nil && now.Sub(t).Abs() > 2*time.Second {
		now = t // its clock differs from ours; Date has whole seconds
	}
	var streams []event.StreamInfo
	body := &io.LimitedReader{R: response.Body, N: maxAdminBytes}
	if err := json.NewDecoder(body).Decode(&streams); err != nil {
		if body.N == 0 {
			err = fmt.Errorf("more than %d bytes", maxAdminBytes)
		}
		return nil, time.Time{}, fmt.Errorf("%s did not answer with a list of streams: %w", c.url, err)
	}
	return streams, now, nil
}
