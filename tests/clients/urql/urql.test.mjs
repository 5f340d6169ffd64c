import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { Client, fetchExchange, gql } from '@urql/core';
import { buildSchema, introspectionFromSchema } from 'graphql';

import { Arrivals, friendDoes, operation, postIds, scene, url, websocketUrl } from '../scene.mjs';
import { createCache, createUrql, LIKE_POST, overEventStreams, overWebSocket } from './client.mjs';

const PUBLIC_FEED = gql(operation('PublicFeed'));
const POST_INTERACTIONS = gql(operation('PostInteractions'));
const POST = gql`query Post($id: ID!) { post(id: $id) { id likeCount viewerHasLiked } }`;
const token = scene.viewer;
const schemaFile = new URL('../../../schema.graphql', import.meta.url);
const schema = introspectionFromSchema(buildSchema(readFileSync(schemaFile, 'utf8')));

// Graphcache complains about its configuration by warnings.
const warnings = [];
console.warn = (...words) => warnings.push(words.join(' '));
test.afterEach(() => assert.deepEqual(warnings.splice(0), []));

const clients = {
  'graphql-ws': () => createUrql({ url, token, schema, subscriptions: overWebSocket(websocketUrl, token) }),
  'graphql-sse': () => createUrql({ url, token, schema, subscriptions: overEventStreams(url, token) }),
  'fetch alone': () => new Client({
    url,
    fetchSubscriptions: true,
    fetchOptions: { headers: { authorization: `Bearer ${token}` } },
    exchanges: [createCache(schema), fetchExchange],
  }),
};

function watch(client, variables) {
  const events = new Arrivals();
  const { unsubscribe } = client.subscription(POST_INTERACTIONS, variables).subscribe(
    ({ data, error }) => (error ? events.fail(error) : events.push(data.postInteractions)),
  );
  return { events, unsubscribe };
}

test('relayPagination joins the pages of a feed', async () => {
  const client = clients['graphql-ws']();
  let after;
  for (const shown of [2, 4, 5]) {
    const { data, error } = await client.query(PUBLIC_FEED, { first: 2, after });
    assert.equal(error, undefined);
    assert.deepEqual(postIds(data.publicFeed), scene.posts.slice(0, shown));
    assert.equal(data.publicFeed.pageInfo.hasNextPage, shown < 5);
    after = data.publicFeed.pageInfo.endCursor;
  }
});

let liked = 0;
for (const [name, create] of Object.entries(clients)) {
  test(`an optimistic like is not counted again by its own event, over ${name}`, async () => {
    const client = create();
    const id = scene.posts[liked++];
    const shown = new Arrivals();
    const { unsubscribe } = client.query(POST, { id }).subscribe(({ data }) => shown.push(data.post));
    assert.deepEqual((await shown.next()).likeCount, 0);
    const watching = watch(client, { postIds: [id] });
    assert.equal((await watching.events.next()).__typename, 'SubscriptionReady');

    const clientMutationId = crypto.randomUUID();
    const answer = client.mutation(LIKE_POST, { input: { postId: id, clientMutationId } }).toPromise();
    const optimistic = await shown.next();
    assert.deepEqual([optimistic.likeCount, optimistic.viewerHasLiked], [1, true]);
    assert.equal((await answer).data.likePost.changed, true);
    const own = await watching.events.until((event) => event.__typename === 'PostLiked');
    assert.deepEqual([own.clientMutationId, own.post.likeCount], [clientMutationId, 1]);

    await friendDoes('LikePost', { postId: id });
    await shown.until((post) => post.likeCount === 2);
    assert.deepEqual([...new Set(shown.all.map((post) => post.likeCount))], [0, 1, 2]);
    watching.unsubscribe();
    unsubscribe();
  });
}
