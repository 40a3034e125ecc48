package demo

import (
	"fmt"
	"io"
	"time"
)

// Config is everything a user can choose. Addresses are host:port; port 0
// takes a free one.
type Config struct {
	Binary     string // the hopscope program
	Gateway    string // address of the gateway's listener
	Admin      string // address of the gateway's admin server
	Prometheus string // address of the embedded Prometheus' API
	Traces     string // address of the trace store
	Control    string // address that takes faults
	Console    string // address of the console; "" for none

	Rules          string        // glob of rule files; "" for those in the program
	State          string        // directory to keep; "" for one that is removed at the end
	Rate           float64       // users calls per second; see package load
	Watchers       int           // profile streams open all the time
	Seed           uint64        // of the load's random sequences
	Sample         float64       // share of requests that are traced, 0 to 1
	ScrapeInterval time.Duration // at least 100 ms
	EvalInterval   time.Duration // at least 100 ms
	StatusInterval time.Duration // of the line that tells how it goes; 0: none

	Version string    // of this program, for the console
	Out     io.Writer // what a user reads
}

// Default is what `hoplab demo` does without flags, less Binary and Out.
func Default() Config {
	return Config{
		Gateway:        "127.0.0.1:8080",
		Admin:          "127.0.0.1:9901",
		Prometheus:     "127.0.0.1:9090",
		Traces:         "127.0.0.1:16686",
		Control:        "127.0.0.1:7070",
		Console:        "127.0.0.1:9900",
		Rate:           40,
		Watchers:       6,
		Sample:         0.1,
		ScrapeInterval: 2 * time.Second,
		EvalInterval:   2 * time.Second,
		StatusInterval: 10 * time.Second,
	}
}

const minInterval = 100 * time.Millisecond

// validate checks what nothing else will.
func (c *Config) validate() error {
	if !(c.Sample >= 0 && c.Sample <= 1) {
		return fmt.Errorf("--sample %g: want a share from 0 to 1", c.Sample)
	}
	if c.ScrapeInterval < minInterval {
		return fmt.Errorf("--scrape-interval %s: want at least %s", c.ScrapeInterval, minInterval)
	}
	if c.EvalInterval < minInterval {
		return fmt.Errorf("--eval-interval %s: want at least %s", c.EvalInterval, minInterval)
	}
	return nil
}
