package record

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// Target is an endpoint to scrape.
type Target struct {
	// Instance is its instance label, which should not change from run to run.
	Instance string
	// URL is where it serves its metrics.
	URL *url.URL
}

// ParseTarget reads INSTANCE=HOST:PORT, for /metrics over HTTP, or INSTANCE=URL.
func ParseTarget(text string) (Target, error) {
	instance, address, ok := strings.Cut(text, "=")
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	switch {
	case !ok || instance == "":
		return Target{}, fmt.Errorf("target %q: want INSTANCE=HOST:PORT, such as gateway=127.0.0.1:9901, or INSTANCE=URL", text)
	case err != nil:
		return Target{}, fmt.Errorf("target %q: %w", text, err)
	case u.Scheme != "http" && u.Scheme != "https" || u.Port() == "":
		return Target{}, fmt.Errorf("target %q: want http or https, and a port", text)
	}
	if u.Path == "" {
		u.Path = "/metrics"
	}
	return Target{Instance: instance, URL: u}, nil
}

func (t Target) labels() model.LabelSet {
	set := model.LabelSet{
		model.AddressLabel:     model.LabelValue(t.URL.Host),
		model.SchemeLabel:      model.LabelValue(t.URL.Scheme),
		model.MetricsPathLabel: model.LabelValue(t.URL.Path),
		model.InstanceLabel:    model.LabelValue(t.Instance),
	}
	for name, values := range t.URL.Query() {
		set[model.LabelName(model.ParamLabelPrefix+name)] = model.LabelValue(values[0])
	}
	return set
}

// probeTimeout bounds a look at a target before a recording.
const probeTimeout = 10 * time.Second

// probe fails if the target does not answer: minutes of recording would be in vain.
func (t Target) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.URL.String(), nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("target %s cannot be scraped: %w: start it first, or correct --target", t.Instance, err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("target %s cannot be scraped: %s answers %s: --target %s=URL names another path", t.Instance, t.URL, resp.Status, t.Instance)
	}
	return nil
}
