import assert from 'node:assert/strict';
import test from 'node:test';

import { follow } from '../graphql-ws/client.mjs';
import { Arrivals, friendDoes, operation, relay, scene, url } from '../scene.mjs';
import { createStreams } from './client.mjs';

const POST_INTERACTIONS = operation('PostInteractions');
const [postId] = scene.posts;

test('after a lost connection no event is missed, and none arrives twice', async () => {
  const way = await relay();
  const client = createStreams(`http://${way.address}/graphql/`, () => scene.viewer, {
    // Happens while the client is not connected.
    retry: () => friendDoes('SharePost', { postId }),
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
  end();
  client.dispose();
  way.close();
});

test('queries are answered, too', async () => {
  const client = createStreams(url, () => scene.viewer);
  const answers = [];
  for await (const { data } of client.iterate({ query: '{ viewer { username } }' })) answers.push(data);
  assert.deepEqual(answers, [{ viewer: { username: 'p1' } }]);
});

test('single connection mode is refused, with the name of the other', async () => {
  const answers = [];
  const client = createStreams(url, () => scene.viewer, {
    singleConnection: true,
    retryAttempts: 0,
    fetchFn: async (...request) => {
      const response = await fetch(...request);
      answers.push(await response.clone().json());
      return response;
    },
  });
  const error = await new Promise((resolve) => {
    client.subscribe({ query: '{ viewer { username } }' }, { next() {}, error: resolve, complete() {} });
  });
  assert.equal(error.response.status, 405);
  const [{ errors }] = answers;
  assert.match(errors[0].message, /distinct connections mode.*`singleConnection: false`/);
});
