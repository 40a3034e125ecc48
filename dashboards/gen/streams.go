package main

import "github.com/hopscope/hopscope/telemetry/catalog"

// streams shows what happens to streams: who waits for whom, windows, frames,
// resets.
func streams() board {
	bothSides := "side, scope, upstream"
	return board{
		uid: "hopscope-streams", title: "hopscope / Streams and flow control",
		about: "Open and stalled streams, windows, frames, resets and GOAWAY.",
		rows: []row{
			{"Stalls", []panel{
				{
					title: "Stalled streams", about: "Streams that wait now for a peer to take bytes: downstream for the client, upstream for the origin.",
					unit: number, shows: stalledStream, nonzero: true,
					queries: []query{{sum(bothSides, gauge(catalog.StalledStreams)), "{{side}} {{scope}} {{upstream}}"}},
				},
				{
					title: "Oldest stall", about: "Age of the longest of the stalls that last.", unit: seconds, shows: stalledStream, nonzero: true,
					queries: []query{{aggregate("max", bothSides, gauge(catalog.OldestStallSeconds)), "{{side}} {{scope}} {{upstream}}"}},
				},
				{
					title: "Streams waiting, on average", about: "Stall time per second: how many streams waited, on average. It grows while a stall lasts.",
					unit: rateUnit(catalog.StallSecondsTotal), shows: slowConsumer, nonzero: true,
					queries: []query{{sum(bothSides, rate(catalog.StallSecondsTotal)), "{{side}} {{scope}} {{upstream}}"}},
				},
				{
					title: "Time spent waiting for clients", about: "Share of the time of an upstream's streams that passes waiting for the client.",
					unit: percent, shows: slowConsumer, nonzero: true,
					queries: []query{{`job_upstream:hopscope_client_stalls:ratio1m{job=~"$job", upstream=~"$upstream"}`, "{{upstream}}"}},
				},
				{
					title: "Stalls begun", about: "Times per second that a stream began to wait. Many short ones mean a window that is too small.",
					unit: rateUnit(catalog.StallsTotal), shows: slowConsumer, nonzero: true,
					queries: []query{{sum(bothSides, rate(catalog.StallsTotal)), "{{side}} {{scope}} {{upstream}}"}},
				},
				{
					title: "Buffered bytes", about: "Bytes that the gateway holds for peers that do not take them.", unit: gaugeUnit(catalog.BufferedBytes.Metric()),
					queries: []query{{sum("instance", gauge(catalog.BufferedBytes)), "{{instance}}"}}, shows: slowConsumer, nonzero: true,
				},
			}},
			{"Windows", []panel{
				{
					title: "Smallest send window", about: "The connection send window that is closest to empty: what the peer lets the gateway send.",
					unit: gaugeUnit(catalog.SendWindowBytes.Metric()), shows: healthy, nonzero: true,
					queries: []query{{aggregate("min", "side, upstream", gauge(catalog.SendWindowBytes, `stat="min"`)), "{{side}} {{upstream}}"}},
				},
				{
					title: "Smallest receive window", about: "The connection receive window that is closest to empty: what the gateway lets the peer send.",
					unit: gaugeUnit(catalog.ReceiveWindowBytes.Metric()), shows: healthy, nonzero: true,
					queries: []query{{aggregate("min", "side, upstream", gauge(catalog.ReceiveWindowBytes, `stat="min"`)), "{{side}} {{upstream}}"}},
				},
				{
					title: "Credit", about: "Flow-control credit per second in WINDOW_UPDATE frames.", unit: rateUnit(catalog.WindowUpdateBytesTotal),
					queries: []query{{sum("side, dir", rate(catalog.WindowUpdateBytesTotal)), "{{side}} {{dir}}"}}, shows: healthy, nonzero: true,
				},
			}},
			{"Streams", []panel{
				{
					title: "Open streams by upstream", about: "Exchanges in progress.", unit: number, shows: healthy, nonzero: true,
					queries: []query{{sum("upstream", gauge(catalog.StreamsOpen)), "{{upstream}}"}},
				},
				{
					title: "Life of streams", about: "Median and 99th percentile of the time from begin to end of every exchange.", unit: seconds,
					shows: healthy, nonzero: true,
					queries: []query{
						{quantile("0.5", catalog.StreamDurationSeconds, "route"), "{{route}} p50"},
						{quantile("0.99", catalog.StreamDurationSeconds, "route"), "{{route}} p99"},
					},
				},
				{
					title: "Size of streams", about: "99th percentile of the bytes of DATA in an exchange: read from the client, written to the client.",
					unit: octets, shows: healthy, nonzero: true,
					queries: []query{{quantile("0.99", catalog.StreamSizeBytes, "route, dir"), "{{route}} {{dir}}"}},
				},
				{
					title: "gRPC messages", about: "Messages per second, counted while their stream is still open.", unit: rateUnit(catalog.GRPCMessagesTotal),
					queries: []query{{sum("route, dir", rate(catalog.GRPCMessagesTotal)), "{{route}} {{dir}}"}}, shows: healthy, nonzero: true,
				},
				{
					title: "Size of gRPC messages", about: "Median of the payload bytes of a message.", unit: octets, shows: healthy, nonzero: true,
					queries: []query{{quantile("0.5", catalog.GRPCMessageBytes, "route, dir"), "{{route}} {{dir}}"}},
				},
				{
					title: "Ended for being idle", about: "Streams per second that idle_timeout ended, before or after their response headers.",
					unit: rateUnit(catalog.IdleStreamsKilledTotal), shows: healthy,
					queries: []query{{sum("route, phase", rate(catalog.IdleStreamsKilledTotal)), "{{route}} {{phase}}"}},
				},
			}},
			{"Resets and GOAWAY", []panel{
				{
					title: "RST_STREAM", about: "Resets per second by side, direction and code.", unit: rateUnit(catalog.RSTStreamTotal),
					queries: []query{{sum("side, dir, code", rate(catalog.RSTStreamTotal)), "{{side}} {{dir}} {{code}}"}}, shows: slowConsumer,
				},
				{
					title: "GOAWAY", about: "GOAWAY frames per second by side, direction and code.", unit: rateUnit(catalog.GoAwayTotal),
					queries: []query{{sum("side, dir, code", rate(catalog.GoAwayTotal)), "{{side}} {{dir}} {{code}}"}}, shows: goawayStorm, nonzero: true,
				},
			}},
			{"Frames", []panel{
				{
					title: "Frames read", about: "Frames per second by side and type.", unit: rateUnit(catalog.FramesTotal), shows: healthy, nonzero: true,
					queries: []query{{sum("side, frame", rate(catalog.FramesTotal, `dir="read"`)) + " > 0", "{{side}} {{frame}}"}},
				},
				{
					title: "Frames written", about: "Frames per second by side and type.", unit: rateUnit(catalog.FramesTotal), shows: healthy, nonzero: true,
					queries: []query{{sum("side, frame", rate(catalog.FramesTotal, `dir="written"`)) + " > 0", "{{side}} {{frame}}"}},
				},
				{
					title: "Bytes in frames", about: "Bytes per second, frame headers included.", unit: rateUnit(catalog.FrameBytesTotal), shows: healthy, nonzero: true,
					queries: []query{{sum("side, dir", rate(catalog.FrameBytesTotal)), "{{side}} {{dir}}"}},
				},
				{
					title: "HPACK tables", about: "Size of the encoders' dynamic tables over all connections.", unit: gaugeUnit(catalog.HPACKTableBytes.Metric()),
					queries: []query{{sum("side", gauge(catalog.HPACKTableBytes)), "{{side}}"}}, shows: healthy,
				},
			}},
		},
	}
}
