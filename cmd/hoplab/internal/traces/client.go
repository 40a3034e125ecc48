package traces

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxAnswer bounds what the client reads of an answer, in bytes.
const maxAnswer = 64 << 20

// Client reads traces from this package's handler or from Jaeger.
type Client struct {
	base string
	http *http.Client
}

// NewClient returns a client of the query service at base, such as
// "http://127.0.0.1:16686". A request takes at most ten seconds.
func NewClient(base string) *Client {
	return &Client{base: strings.TrimSuffix(base, "/"), http: &http.Client{Timeout: 10 * time.Second}}
}

// Trace returns the trace with this id.
func (c *Client) Trace(ctx context.Context, id string) (Trace, error) {
	var a Answer[[]Trace]
	if err := c.get(ctx, "/api/traces/"+url.PathEscape(id), &a); err != nil {
		return Trace{}, err
	}
	if len(a.Data) == 0 {
		return Trace{}, fmt.Errorf("%s knows no trace %s", c.base, id)
	}
	return a.Data[0], nil
}

// Find returns traces that Jaeger's search parameters select, newest first.
func (c *Client) Find(ctx context.Context, params url.Values) ([]Trace, error) {
	var a Answer[[]Trace]
	err := c.get(ctx, "/api/traces?"+params.Encode(), &a)
	return a.Data, err
}

// Services returns the services that sent spans.
func (c *Client) Services(ctx context.Context) ([]string, error) {
	var a Answer[[]string]
	err := c.get(ctx, "/api/services", &a)
	return a.Data, err
}

func (c *Client) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return fmt.Errorf("traces address %q: %w", c.base, err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("no trace store answers on %s (is `hoplab demo` running? --traces says where): %w", c.base, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s%s: %w", c.base, path, err)
	}
	if resp.StatusCode != http.StatusOK {
		var a Answer[any]
		if json.Unmarshal(body, &a) == nil && len(a.Errors) > 0 {
			return fmt.Errorf("%s: %s", c.base, a.Errors[0].Msg)
		}
		return fmt.Errorf("%s%s: %s", c.base, path, resp.Status)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%s%s: not a Jaeger query answer: %w", c.base, path, err)
	}
	return nil
}
