#!/bin/sh
# Asks a running server one query and one subscription, and fails unless both are answered:
#   deploy/smoke.sh http://localhost:8000
set -eu
api="$1/graphql/"

ask() {
    curl --silent --show-error --no-buffer --max-time 10 "$api" \
        --header 'Content-Type: application/json' --header "Accept: $1" --data "$2"
}

answer=$(ask application/json '{"query": "{ publicFeed(first: 1) { edges { node { id } } } }"}')
echo "query: $answer"
case $answer in '{"data":{"publicFeed":{"edges":['*) ;; *) exit 1 ;; esac

# The post need not exist. The stream stays open, so curl ends it and would complain.
event=$(ask text/event-stream '{"query": "subscription { postInteractions(postIds: [\"UG9zdDox\"]) { __typename } }"}' 2>/dev/null \
    | sed -n '/SubscriptionReady/{p;q;}')
echo "subscription: $event"
test -n "$event"
