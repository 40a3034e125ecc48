#!/bin/sh
# Generates the Go code of the demo's .proto files. Needs protoc (Debian: protobuf-compiler);
# the Go plugins are pinned here and built into a folder that is removed again.
set -eu
command -v protoc >/dev/null || { echo "generate: protoc is missing: apt-get install protobuf-compiler" >&2; exit 1; }
cd "$(dirname "$0")"
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
GOBIN=$bin GOFLAGS= go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
GOBIN=$bin GOFLAGS= go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2
for proto in usersv1/users.proto profilesv1/profiles.proto; do
	protoc --plugin="$bin/protoc-gen-go" --plugin="$bin/protoc-gen-go-grpc" \
		--go_out=. --go_opt=paths=source_relative \
		--go-grpc_out=. --go-grpc_opt=paths=source_relative "$proto"
done
# The headers name the protoc that happened to be installed; its version changes nothing else.
sed -i -E '/^\/\/ (- protoc|[[:space:]]*protoc) +v/d' usersv1/*.pb.go profilesv1/*.pb.go
go tool gofumpt -w usersv1 profilesv1
