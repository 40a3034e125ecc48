// Command hopscope is the gateway: it serves, checks its configuration, and
// shows the streams of a running one. One file per subcommand.
package main
