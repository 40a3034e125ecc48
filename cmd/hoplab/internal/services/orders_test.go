package services

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func startOrders(t *testing.T) (*OrdersReplica, *http.Client) {
	t.Helper()
	r, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o, err := Orders(r, "127.0.0.1:1", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: p}
	t.Cleanup(transport.CloseIdleConnections)
	return o, &http.Client{Transport: transport}
}

func export(ctx context.Context, c *http.Client, addr string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/orders/export?bytes=10", nil)
	if err != nil {
		return err
	}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

func TestResettingOrdersEndsStreamsWithRSTStream(t *testing.T) {
	o, c := startOrders(t)
	ctx := within(t, 30*time.Second)
	if err := export(ctx, c, o.Addr()); err != nil {
		t.Fatal(err)
	}
	o.SetResetting(true)
	if err := export(ctx, c, o.Addr()); err == nil || !strings.Contains(err.Error(), "INTERNAL_ERROR") {
		t.Errorf("resetting: %v", err)
	}
	o.SetResetting(false)
	if err := export(ctx, c, o.Addr()); err != nil {
		t.Error(err)
	}
}

func TestNarrowOrdersTakesItsTime(t *testing.T) {
	o, c := startOrders(t)
	ctx := within(t, 60*time.Second)
	if err := o.SetNarrow(ctx, true); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := export(ctx, c, o.Addr()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took < narrowDelay {
		t.Errorf("answered after %s", took)
	}
	if err := o.SetNarrow(ctx, false); err != nil {
		t.Fatal(err)
	}
	if err := export(ctx, c, o.Addr()); err != nil {
		t.Error(err)
	}
}
