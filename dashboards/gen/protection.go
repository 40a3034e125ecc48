package main

import "github.com/hopscope/hopscope/telemetry/catalog"

// protection shows what hostile, broken and slow peers tried, and what the
// gateway did about it.
func protection() board {
	client, origin := `side="downstream"`, `side="upstream"`
	return board{
		uid: "hopscope-protection", title: "hopscope / Protection",
		about: "What hostile, broken and slow peers tried, what it was counted as, and what the gateway refused.",
		rows: []row{
			{"Now", []panel{
				{
					title: "Refuses new streams", about: "Whether a gateway is short of buffers, memory or processors, and refuses new streams.",
					unit: boolean, kind: stat(), warn: 1, bad: 1, shows: healthy,
					queries: []query{{aggregate("max", "", gauge(catalog.Overload)), "refuses"}},
				},
				{
					title: "Highest score", about: "The client connection with the most points for what is legal and costs the gateway more than it. " +
						"Beyond limits.max_glitches it is ended.",
					unit: number, kind: stat(), shows: rapidReset,
					queries: []query{{aggregate("max", "", gauge(catalog.Glitches, client, `stat="max"`)), "points"}},
				},
				{
					title: "Rules broken by clients", about: "Rules of RFC 9113 or limits that clients broke, per second.",
					unit: rateUnit(catalog.MalformedTotal), kind: stat(), warn: 0.5, bad: 10, shows: rapidReset, nonzero: true,
					queries: []query{{sum("", rate(catalog.MalformedTotal, client)), "broken"}},
				},
				{
					title: "Connections used", about: "Share of the client connections that are taken at most. From seven eighths on, unused ones are closed.",
					unit: percent, kind: share(), warn: 0.75, bad: 0.875, shows: healthy, nonzero: true,
					queries: []query{{ratio(sum("", gauge(catalog.ConnectionsOpen, client)), sum("", gauge(catalog.MaxConnections))), "used"}},
				},
				{
					title: "Descriptors used", about: "Share of the file descriptors that the fullest gateway may open. Without one no connection is accepted or dialled.",
					unit: percent, kind: share(), warn: 0.75, bad: 0.9, shows: healthy, nonzero: true,
					queries: []query{{"max(" + ratio(
						`process_open_fds{job=~"$job", instance=~"$instance"}`, `process_max_fds{job=~"$job", instance=~"$instance"}`,
					) + ")", "used"}},
				},
				{
					title: "Stream slots used", about: "Share of the streams that the fullest endpoint allows on its open connections. At 90 % an alert follows.",
					unit: percent, kind: share(), warn: 0.75, bad: 0.9, shows: healthy,
					queries: []query{{aggregate("max", "", slotsUsed), "used"}},
				},
			}},
			{"What was tried", []panel{
				{
					title: "Broken by clients", about: "Rules of RFC 9113 or limits that clients broke, per second, by kind.",
					unit: rateUnit(catalog.MalformedTotal), shows: rapidReset, nonzero: true,
					queries: []query{{sum("kind", rate(catalog.MalformedTotal, client)), "{{kind}}"}},
				},
				{
					title: "Broken by origins", about: "Rules of RFC 9113 or limits that origins broke, per second, by kind.",
					unit: rateUnit(catalog.MalformedTotal), shows: healthy,
					queries: []query{{sum("kind", rate(catalog.MalformedTotal, origin)), "{{kind}}"}},
				},
				{
					title: "Scores", about: "The greatest score of a connection, towards clients and origins.", unit: number, shows: healthy,
					queries: []query{{aggregate("max", "side", gauge(catalog.Glitches, `stat="max"`)), "{{side}}"}},
				},
				{
					title: "Resets read", about: "RST_STREAM frames that clients sent, per second, by code.", unit: rateUnit(catalog.RSTStreamTotal),
					queries: []query{{sum("code", rate(catalog.RSTStreamTotal, client, `dir="read"`)), "{{code}}"}}, shows: rapidReset, nonzero: true,
				},
			}},
			{"What was done", []panel{
				{
					title: "Connections ended", about: "Connections that the gateway ended with an error, per second, by side and code.",
					unit: rateUnit(catalog.GoAwayTotal), shows: rapidReset, nonzero: true,
					queries: []query{{sum("side, code", rate(catalog.GoAwayTotal, `dir="written"`, `code!="NO_ERROR"`)), "{{side}} {{code}}"}},
				},
				{
					title: "Connections refused", about: "Client connections that were closed before anything was asked on them, per second, by listener and limit.",
					unit: rateUnit(catalog.ConnectionsRefusedTotal), shows: healthy,
					queries: []query{{sum("listener, reason", rate(catalog.ConnectionsRefusedTotal)), "{{listener}} {{reason}}"}},
				},
				{
					title: "Peers given up", about: "Peers per second that were silent while streams were open, and did not answer a PING.",
					unit: rateUnit(catalog.PingTimeoutsTotal), shows: healthy,
					queries: []query{{sum("side", rate(catalog.PingTimeoutsTotal)), "{{side}}"}},
				},
				{
					title: "Failures to accept", about: "Times per second that a connection could not be accepted: out of descriptors, as a rule.",
					unit: rateUnit(catalog.AcceptErrorsTotal), shows: healthy,
					queries: []query{{sum("listener", rate(catalog.AcceptErrorsTotal)), "{{listener}}"}},
				},
				{
					title: "Refused by the admin server", about: "Requests and connections per second that the admin server refused, by reason.",
					unit: rateUnit(catalog.AdminRefusedTotal), shows: healthy,
					queries: []query{{sum("reason", rate(catalog.AdminRefusedTotal)), "{{reason}}"}},
				},
				{
					title: "Streams refused or ended", about: "Streams per second that ended because of a bound of the gateway's: overload, bytes held, a peer that is too slow.",
					unit: rateUnit(catalog.StreamEndTotal), shows: healthy,
					queries: []query{{sum("reason, origin", rate(catalog.StreamEndTotal, `reason=~"overload|buffer_limit|slow_peer"`)), "{{reason}} {{origin}}"}},
				},
				{
					title: "Short of", about: "What a gateway is short of while it refuses new streams.", unit: boolean, shows: healthy,
					queries: []query{{aggregate("max", "cause", gauge(catalog.Overload)), "{{cause}}"}},
				},
				{
					title: "Client connections", about: "Client connections open now, and how many are taken.", unit: number, shows: healthy, nonzero: true,
					queries: []query{
						{sum("instance", gauge(catalog.ConnectionsOpen, client)), "{{instance}} open"},
						{sum("instance", gauge(catalog.MaxConnections)), "{{instance}} at most"},
					},
				},
			}},
		},
	}
}
