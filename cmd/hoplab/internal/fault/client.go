package fault

import (
	"bytes"
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
const maxAnswer = 1 << 20

// Client talks to a board of another process.
type Client struct {
	base string
	http *http.Client
}

// NewClient returns a client for the board at base, such as
// "http://127.0.0.1:7070". A request takes at most ten seconds.
func NewClient(base string) *Client {
	return &Client{base: strings.TrimSuffix(base, "/"), http: &http.Client{Timeout: 10 * time.Second}}
}

// List returns every fault the board knows.
func (c *Client) List(ctx context.Context) ([]State, error) {
	var list []State
	err := c.do(ctx, http.MethodGet, "/faults", nil, &list)
	return list, err
}

// Set turns a fault on or off. The error wraps [ErrUnknown] for a name that
// the board does not know.
func (c *Client) Set(ctx context.Context, name string, on bool) (State, error) {
	var state State
	body := fmt.Appendf(nil, `{"on":%t}`, on)
	err := c.do(ctx, http.MethodPut, "/faults/"+url.PathEscape(name), body, &state)
	return state, err
}

func (c *Client) do(ctx context.Context, method, path string, body []byte, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("control address %q: %w", c.base, err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("no demo answers on %s (is `hoplab demo` running? --control says where): %w", c.base, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case err != nil:
		return fmt.Errorf("%s%s: %w", c.base, path, err)
	case resp.StatusCode == http.StatusNotFound:
		return unknownError(strings.TrimSpace(string(answer)))
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("%s%s: %s: %s", c.base, path, resp.Status, bytes.TrimSpace(answer))
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%s%s: not a demo's control endpoint: %w", c.base, path, err)
	}
	return nil
}

// unknownError carries the board's own words, which already name the faults
// it knows, and still is an [ErrUnknown].
type unknownError string

func (e unknownError) Error() string { return string(e) }
func (unknownError) Unwrap() error   { return ErrUnknown }
