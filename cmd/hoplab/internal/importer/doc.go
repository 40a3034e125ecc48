// Package importer makes a recording of what an existing Prometheus has stored.
//
// [FromTSDB] reads its directory, blocks and the head's log, and writes nothing
// there; [FromAPI] asks its HTTP API. Both keep the values, counter resets and
// native histograms that PromQL sees. What a source cannot tell, and what moving
// samples onto the recording's grid changes, is listed in the recording's Losses.
package importer
