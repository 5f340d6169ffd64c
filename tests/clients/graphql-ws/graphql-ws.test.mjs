import assert from 'node:assert/strict';
import test from 'node:test';

import { Arrivals, friendDoes, operation, relay, scene, websocketUrl } from '../scene.mjs';
import { createSocket, follow } from './client.mjs';

const POST_INTERACTIONS = operation('PostInteractions');
const [postId] = scene.posts;

test('after a lost connection no event is missed, and none arrives twice', async () => {
  const way = await relay();
  const client = createSocket(`ws://${way.address}/graphql/`, () => scene.viewer, {
    // Happens while the client is not connected.
    retryWait: () => friendDoes('SharePost', { postId }),
  });
  const events = new Arrivals();
  const end = follow(client, POST_INTERACTIONS, { postIds: [postId] }, {
    next: ({ data }) => events.push(data.postInteractions),
    error: events.fail,
    complete() {},
  });
  await events.next();
  await friendDoes('LikePost', { postId });
  assert.equal((await events.next()).__typename, 'PostLiked');
  way.cut();
  assert.equal((await events.next()).resumed, true);
  assert.equal((await events.next()).__typename, 'PostShared');
  await friendDoes('UnlikePost', { postId });
  assert.equal((await events.next()).__typename, 'PostUnliked');
  end();
  await client.dispose();
  way.close();
});

test('queries and mutations share the connection', async () => {
  const client = createSocket(websocketUrl, () => scene.viewer);
  const variables = { input: { text: 'By WebSocket', clientMutationId: 'ws-1' } };
  for await (const { data } of client.iterate({ query: operation('CreatePost'), variables })) {
    assert.equal(data.createPost.post.text, 'By WebSocket');
  }
  await client.dispose();
});

test('an error of the operation arrives as errors, a bad token as a close code', async () => {
  const errorOf = (client, query) => new Promise((resolve) => {
    client.subscribe({ query }, { next() {}, error: resolve, complete() {} });
  });
  const client = createSocket(websocketUrl, () => scene.viewer, { retryAttempts: 0 });
  const [error] = await errorOf(client, 'subscription { postInteractions(postIds: ["x"]) { cursor } }');
  assert.equal(error.extensions.code, 'BAD_ID');
  await client.dispose();
  const unknown = createSocket(websocketUrl, () => 'x', { retryAttempts: 0 });
  assert.equal((await errorOf(unknown, '{ viewer { id } }')).code, 4403);
});
