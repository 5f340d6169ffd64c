import assert from 'node:assert/strict';
import test from 'node:test';

import { noEventIsMissed } from '../resuming.mjs';
import { operation, scene, websocketUrl } from '../scene.mjs';
import { createSocket } from './client.mjs';

test('after a lost connection no event is missed, and none arrives twice', () => noEventIsMissed(
  (address, retryWait) => createSocket(`ws://${address}/graphql/`, () => scene.viewer, { retryWait }),
));

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
