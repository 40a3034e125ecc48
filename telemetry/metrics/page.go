package metrics

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"
)

// Bounds on scrapes: a stuck one must not gather others behind it, nor may a few
// whose scraper no longer reads keep the others out.
const (
	scrapeTimeout = 10 * time.Second
	maxScrapes    = 8
)

// Page is the handler of /metrics. Its texts, which hold tens of thousands of
// series where there are hundreds of routes, are written straight from the numbers;
// client_golang answers the other formats.
type Page struct {
	observer *Observer
	others   prometheus.Gatherer
	library  http.Handler
	log      *slog.Logger
	slots    chan struct{}
	texts    [2]sync.Pool // of *text: Prometheus' format, OpenMetrics
	gzips    sync.Pool
}

// NewPage returns a page with the families of o, which own gathers and nothing
// else, and with those of others. What goes wrong is logged to log unless that is
// nil.
func NewPage(o *Observer, own, others prometheus.Gatherer, log *slog.Logger) *Page {
	opts := promhttp.HandlerOpts{EnableOpenMetrics: true, Timeout: scrapeTimeout}
	if log != nil {
		opts.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelError)
	} else {
		log = slog.New(slog.DiscardHandler)
	}
	p := &Page{
		observer: o, others: others, log: log, slots: make(chan struct{}, maxScrapes),
		library: promhttp.HandlerFor(prometheus.Gatherers{own, others}, opts),
	}
	for i := range p.texts {
		format := newTextFormat(i == 1)
		p.texts[i].New = func() any { return &text{textFormat: format} }
	}
	p.gzips.New = func() any {
		w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // a level that exists
		return w
	}
	return p
}

// ServeHTTP implements [http.Handler].
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	default:
		http.Error(w, "too many scrapes at once; try again", http.StatusServiceUnavailable)
		return
	}
	// A writer that has no deadlines, as in tests, is taken as it is.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(scrapeTimeout))
	switch format := expfmt.NegotiateAccept(r.Header, expfmt.DefaultOpenMetricsAcceptedFormats()...); format.FormatType() {
	case expfmt.TypeTextPlain:
		p.serveText(w, r, format, &p.texts[0])
	case expfmt.TypeOpenMetrics:
		p.serveText(w, r, format, &p.texts[1])
	default:
		p.library.ServeHTTP(&pacedWriter{ResponseWriter: w}, r)
	}
}

func (p *Page) serveText(w http.ResponseWriter, r *http.Request, format expfmt.Format, pool *sync.Pool) {
	others, err := p.others.Gather()
	if err != nil {
		p.log.Error("metrics cannot be gathered", "error", err)
		http.Error(w, "metrics cannot be gathered: "+err.Error(), http.StatusInternalServerError)
		return
	}
	t := pool.Get().(*text)
	defer pool.Put(t)
	t.reset()
	p.observer.tell(t)

	w.Header().Set("Content-Type", string(format))
	var out io.Writer = w
	if acceptsGzip(r.Header) {
		w.Header().Set("Content-Encoding", "gzip")
		z := p.gzips.Get().(*gzip.Writer)
		defer p.gzips.Put(z)
		z.Reset(w)
		defer z.Close() // a client that is gone is no concern
		out = z
	}
	if err := t.writeTo(out); err != nil {
		return
	}
	encoder := expfmt.NewEncoder(out, format)
	for _, f := range others {
		if encoder.Encode(f) != nil {
			return
		}
	}
	if c, ok := encoder.(expfmt.Closer); ok {
		_ = c.Close() // writes the end mark
	}
}

// writeTo writes the families that have series.
func (t *text) writeTo(out io.Writer) (err error) {
	t.families(func(f *textFamily, l *lines) bool {
		if len(l.full)+len(l.last) == 0 {
			return true
		}
		_, err = out.Write(f.head)
		for _, piece := range append(l.full, l.last) {
			if err == nil {
				_, err = out.Write(piece)
			}
			t.pace.look()
		}
		return err == nil
	})
	return err
}

// acceptsGzip reports whether a client takes gzip (RFC 9110 §12.5.3).
func acceptsGzip(h http.Header) bool {
	for _, line := range h.Values("Accept-Encoding") {
		for part := range strings.SplitSeq(line, ",") {
			coding, weight, _ := strings.Cut(part, ";")
			if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
				q := strings.TrimPrefix(strings.TrimSpace(weight), "q=")
				return q == "" || strings.Trim(q, "0.") != ""
			}
		}
	}
	return false
}
